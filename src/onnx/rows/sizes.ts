/**
 * The size of an axis, or a number computed from sizes: `numerator / denominator`, times names of unknown sizes with their
 * powers. In `ROWS`, the name stands for the number of rows in a run. Requests with an axis of size 0 are never joined. But
 * an axis within the graph may be empty, so a name stands for an integer of 0 or more.
 */
export interface Size {
  readonly numerator: number
  readonly denominator: number
  readonly powers: ReadonlyMap<string, number>
}

// `unknownSize` adds a prefix to every other name, so no other name equals this one.
const ROWS_NAME = 'rows'
const NONE: ReadonlyMap<string, number> = new Map()
const MAX_NAMES = 32

/** The number of rows of a run. */
export const ROWS: Size = { numerator: 1, denominator: 1, powers: new Map([[ROWS_NAME, 1]]) }

/** Thrown by a rule that cannot follow the rows. The message is the reason. */
export class NotProven extends Error {}

/** Thrown for an operator whose answer differs from run to run for equal inputs. */
export class ByChance extends NotProven {}

export function sizeOf(value: number): Size {
  return { numerator: value, denominator: 1, powers: NONE }
}

/** Makes an unknown size that does not depend on the number of rows. */
export function unknownSize(name: string): Size {
  return { numerator: 1, denominator: 1, powers: new Map([[`$${name}`, 1]]) }
}

/** @throws NotProven if the numbers become too large, or the names too many. */
export function times(a: Size, b: Size): Size {
  return normalized(a.numerator * b.numerator, a.denominator * b.denominator, mergePowers(a.powers, b.powers, 1))
}

/** @throws NotProven if `b` is 0, the numbers become too large, or the names too many. */
export function over(a: Size, b: Size): Size {
  if (b.numerator === 0) throw new NotProven('a size is divided by zero')
  return normalized(a.numerator * b.denominator, a.denominator * b.numerator, mergePowers(a.powers, b.powers, -1))
}

export function product(sizes: readonly Size[]): Size {
  return sizes.reduce(times, sizeOf(1))
}

export function isEqual(a: Size, b: Size): boolean {
  if (a.numerator !== b.numerator || a.denominator !== b.denominator || a.powers.size !== b.powers.size) return false
  for (const [name, power] of a.powers) if (b.powers.get(name) !== power) return false
  return true
}

/** Returns the number. undefined if the size has a name in it. */
export function toNumber({ numerator, denominator, powers }: Size): number | undefined {
  return powers.size === 0 ? numerator / denominator : undefined
}

export function isOne(size: Size): boolean {
  return toNumber(size) === 1
}

/** Returns the power of the number of rows. It is 0 if the size does not depend on it. */
export function rowPower({ powers }: Size): number {
  return powers.get(ROWS_NAME) ?? 0
}

/** True if the size is an integer for all values of its names. */
export function isWhole({ numerator, denominator, powers }: Size): boolean {
  return denominator === 1 && Number.isInteger(numerator) && [...powers.values()].every((power) => power > 0)
}

/** Makes a text that is equal for equal sizes. */
export function keyOf({ numerator, denominator, powers }: Size): string {
  const names = Array.from(powers, ([name, power]) => `${name}^${power}`).toSorted()
  return [`${numerator}/${denominator}`, ...names].join('·')
}

function mergePowers(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
  sign: number,
): ReadonlyMap<string, number> {
  if (b.size === 0) return a
  const merged = new Map(a)
  for (const [name, power] of b) {
    const sum = (merged.get(name) ?? 0) + sign * power
    if (sum === 0) merged.delete(name)
    else merged.set(name, sum)
  }
  if (merged.size > MAX_NAMES) throw new NotProven('a size depends on too many others')
  return merged
}

function normalized(numerator: number, denominator: number, powers: ReadonlyMap<string, number>): Size {
  if (numerator === 0) return sizeOf(0)
  if (Number.isInteger(numerator) && Number.isInteger(denominator)) {
    if (!Number.isSafeInteger(numerator) || !Number.isSafeInteger(denominator))
      throw new NotProven('a size is too large')
    const divisor = Math.sign(denominator) * greatestDivisor(Math.abs(numerator), Math.abs(denominator))
    return { numerator: numerator / divisor, denominator: denominator / divisor, powers }
  }
  if (!Number.isFinite(numerator / denominator)) throw new NotProven('a size is too large')
  return { numerator: numerator / denominator, denominator: 1, powers }
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}
