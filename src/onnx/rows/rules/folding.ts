import { isEqual, isWhole, over, sizeOf, times, toNumber } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { numbers } from '../value.ts'
import type { Value } from '../value.ts'

type Fold = (a: Size, b: Size) => Size | undefined

const FOLDS: Readonly<Record<string, Fold>> = {
  Mul: (a, b) => times(a, b),
  Div: (a, b) => {
    const quotient = over(a, b)
    // If a division of integers has a remainder, the result is rounded and unknown.
    return isWhole(quotient) ? quotient : undefined
  },
  Add: ofNumbers((a, b) => a + b),
  Sub: ofNumbers((a, b) => a - b),
  Max: ofNumbers(Math.max),
  Min: ofNumbers(Math.min),
  Less: ofNumbers((a, b) => Number(a < b)),
  LessOrEqual: ofNumbers((a, b) => Number(a <= b)),
  Greater: ofNumbers((a, b) => Number(a > b)),
  GreaterOrEqual: ofNumbers((a, b) => Number(a >= b)),
  And: ofNumbers((a, b) => Number(a !== 0 && b !== 0)),
  Or: ofNumbers((a, b) => Number(a !== 0 || b !== 0)),
  Equal: (a, b) => {
    const [x, y] = [toNumber(a), toNumber(b)]
    if (x !== undefined && y !== undefined) return sizeOf(Number(x === y))
    // A size is never negative. Within the graph it may be 0.
    const number = x ?? y
    if (number !== undefined && number < 0) return sizeOf(0)
    return isEqual(a, b) ? sizeOf(1) : undefined
  },
}

function ofNumbers(compute: (a: number, b: number) => number): Fold {
  return (a, b) => {
    const [x, y] = [toNumber(a), toNumber(b)]
    return x === undefined || y === undefined ? undefined : sizeOf(compute(x, y))
  }
}

/** Longer lists are not computed. */
export const MAX_FOLDED = 64

/** Computes with known integers. Both must be lists of one length, or one must be a single number. */
export function foldIntegers(operator: string, [a, b, ...more]: readonly Value[]): Value | undefined {
  const compute = Object.hasOwn(FOLDS, operator) ? FOLDS[operator] : undefined
  const [x, y] = [a && knownIntegers(a), b && knownIntegers(b)]
  if (!compute || !x || !y || more.length > 0) return undefined
  const length = foldedLength(x, y)
  if (length === undefined) return undefined
  const values = Array.from({ length }, (_, index) => compute(elementAt(x.list, index), elementAt(y.list, index)))
  // The runtime computes with 32 or 64 bits, and wraps larger numbers.
  if (values.some((value) => value === undefined || !isInt32(value))) return undefined
  return numbers(Math.max(x.rank, y.rank) === 0 ? [] : [sizeOf(length)], values as Size[])
}

/** A scalar, whose rank is 0, or a list. */
interface Integers {
  readonly list: readonly Size[]
  readonly rank: number
}

/** Finds the number of results for two lists. @returns undefined if they do not fit, or are too long. */
function foldedLength(x: Integers, y: Integers): number | undefined {
  const lengths = [x.list.length, y.list.length]
  const isFitting = lengths.includes(1) || (lengths[0] === lengths[1] && x.rank === y.rank)
  if (!isFitting || Math.max(...lengths) > MAX_FOLDED) return undefined
  return lengths.includes(0) ? 0 : Math.max(...lengths)
}

/** Returns the numbers of a known scalar or list of integers. */
function knownIntegers(value: Value): Integers | undefined {
  if (value.kind === 'rows' || !value.known || !value.shape || value.shape.length > 1) return undefined
  return value.known.every(isInteger) ? { list: value.known, rank: value.shape.length } : undefined
}

/** Returns the element at an index. A list with one element has it at every index. */
export function elementAt(list: readonly Size[], index: number): Size {
  return list[list.length === 1 ? 0 : index]!
}

function isInteger({ numerator, denominator }: Size): boolean {
  // Larger numbers are not exact here.
  return denominator === 1 && Number.isSafeInteger(numerator)
}

/** True if 32 bits hold the number. A size that depends on the rows is taken for small. */
export function isInt32({ numerator }: Size): boolean {
  return Math.abs(numerator) < 2 ** 31
}
