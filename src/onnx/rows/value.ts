import { NotProven, isEqual, rowPower, sizeOf, toNumber } from './sizes.ts'
import type { Size } from './sizes.ts'

/**
 * The facts about a value of the graph.
 *
 * - `constant`: equal for all requests of a joined run, and for the run.
 * - `rows`: each row of a request has its own part along `axis`, computed from that row alone. The size of that axis is the
 *   number of rows times a whole number.
 * - `count`: known numbers, computed from sizes. At least one depends on the number of rows. Operators may use them as sizes,
 *   but not as data.
 */
export type Value = Constant | Rows | Count

export interface Constant {
  readonly kind: 'constant'
  /** undefined if the rank is unknown. */
  readonly shape: readonly Size[] | undefined
  /** Its numbers in row-major order, if they are few and known. */
  readonly known?: readonly Size[] | undefined
}

export interface Rows {
  readonly kind: 'rows'
  readonly axis: number
  readonly shape: readonly Size[]
  /** The text that fills shorter rows. The last axis then has the length of the longest row of the run. */
  readonly padding?: string
}

export interface Count {
  readonly kind: 'count'
  readonly shape: readonly Size[]
  readonly known: readonly Size[]
}

// The runtime has no operator for more axes. A file of a few kilobytes could ask for millions.
const MAX_RANK = 64

function checkRank(shape: readonly Size[]): void {
  if (shape.length > MAX_RANK) throw new NotProven('it has too many axes')
}

/** Makes a value that is equal in every run. @throws NotProven if its sizes depend on the number of rows. */
export function constant(shape?: readonly Size[], known?: readonly Size[]): Constant {
  if (shape) checkRank(shape)
  if (shape?.some((size) => rowPower(size) !== 0)) throw new NotProven('a constant is as long as there are rows')
  return { kind: 'constant', shape, known }
}

/**
 * Makes a value with rows along an axis.
 *
 * @throws NotProven if the sizes contradict that.
 */
export function rowsAlong(axis: number, shape: readonly Size[], padding?: string): Rows {
  checkRank(shape)
  for (const [index, size] of shape.entries()) {
    if (rowPower(size) !== (index === axis ? 1 : 0)) throw new NotProven('the number of rows is in more than one axis')
  }
  if (axis < 0 || axis >= shape.length) throw new NotProven('no axis holds the rows')
  return { kind: 'rows', axis, shape, ...(padding !== undefined && { padding }) }
}

/** Makes a value with known numbers. It is a count if they depend on the number of rows, else a constant. */
export function numbers(shape: readonly Size[], known: readonly Size[]): Constant | Count {
  checkRank(shape)
  if (known.every((size) => rowPower(size) === 0)) return { kind: 'constant', shape, known }
  return { kind: 'count', shape, known }
}

/**
 * Makes a constant if `like` is a constant, or rows if `like` has rows. Known numbers and a padding are not kept.
 *
 * @param axis The axis of the rows in the new shape. It does not matter for a constant.
 * @throws NotProven for a count, for rows without a shape, or if the rows do not fit the shape.
 */
export function reshaped(like: Value, shape: readonly Size[] | undefined, axis: number): Value {
  if (like.kind === 'count') throw new NotProven('the number of rows becomes part of the data')
  if (like.kind === 'constant') return constant(shape)
  if (!shape) throw new NotProven('its shape is unknown')
  return rowsAlong(axis, shape)
}

/** @throws NotProven if the rank is unknown. */
export function shapeOf({ shape }: Value): readonly Size[] {
  if (!shape) throw new NotProven('the rank of a constant is unknown')
  return shape
}

/** Returns the axis of the rows, or -1 for a constant. @throws NotProven for a count. */
export function rowAxis(value: Value): number {
  if (value.kind === 'count') throw new NotProven('the number of rows becomes part of the data')
  return value.kind === 'rows' ? value.axis : -1
}

/** Returns the numbers of a value, if they are known. */
export function knownOf(value: Value | undefined): readonly Size[] | undefined {
  return value && value.kind !== 'rows' ? value.known : undefined
}

/** Returns known numbers. @throws NotProven if one is unknown, or depends on a size. */
export function knownNumbers(value: Value | undefined, what: string): number[] {
  const known = knownOf(value)
  const values = known?.map((size) => toNumber(size))
  if (!values?.every((number) => number !== undefined)) throw new NotProven(`${what} is computed`)
  return values
}

/** Converts an axis to one that is counted from the front. @throws NotProven if there is no such axis. */
export function axisOf(axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(counted) || counted < 0 || counted >= rank) throw new NotProven(`there is no axis ${axis}`)
  return counted
}

export function isSameShape(a: readonly Size[], b: readonly Size[]): boolean {
  return a.length === b.length && a.every((size, index) => isEqual(size, b[index]!))
}

export const ONE = sizeOf(1)
