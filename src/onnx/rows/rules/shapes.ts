import { input, integer, integers } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, ROWS, isEqual, isOne, isWhole, over, product, rowPower, sizeOf, toNumber } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { ONE, axisOf, constant, knownNumbers, numbers, rowsAlong, shapeOf } from '../value.ts'
import type { Rows, Value } from '../value.ts'

export const shape: Rule = (operation) => {
  const value = input(operation, 0)
  const sizes = shapeOf(value)
  const attributes = operation.attributes('start', 'end')
  const chosen = sizes.slice(integer(attributes, 'start') ?? 0, integer(attributes, 'end'))
  return numbers([sizeOf(chosen.length)], chosen)
}

export const size: Rule = (operation) => {
  const value = input(operation, 0)
  return numbers([], [product(shapeOf(value))])
}

export const reshape: Rule = (operation) => {
  const data = input(operation, 0)
  const attributes = operation.attributes('shape', 'allowzero')
  const target = operation.opset < 5 ? integers(attributes, 'shape')?.map(sizeOf) : sizesOf(input(operation, 1))
  if (!target) throw new NotProven('the shape is missing')
  if (target.some((each) => toNumber(each) === 0) && integer(attributes, 'allowzero') === 1) {
    throw new NotProven('a size of 0 is meant as it is')
  }
  const from = data.shape
  if (!from) {
    if (target.some((each) => rowPower(each) !== 0)) throw new NotProven('a constant is reshaped by the number of rows')
    return constant(target.some((each) => toNumber(each)! <= 0) ? undefined : target)
  }
  return toShape(data, fillIn(target, from))
}

/** Returns the sizes that a shape tensor lists. @throws NotProven if they are not known. */
export function sizesOf(value: Value): readonly Size[] {
  if (value.kind === 'rows' || !value.known) throw new NotProven('its shape is computed')
  return value.known
}

/** Resolves 0, which keeps the size of the axis, and -1, which is the remaining size. */
function fillIn(target: readonly Size[], from: readonly Size[]): readonly Size[] {
  const sizes = target.map((each, index) => (toNumber(each) === 0 ? from[index] : each))
  if (sizes.some((each) => each === undefined)) throw new NotProven('a size of 0 stands for no axis')
  const given = sizes as Size[]
  const open = given.findIndex((each) => toNumber(each) === -1)
  if (given.some((each, index) => index !== open && !isPositive(each))) throw new NotProven('a size is negative')
  if (open < 0) return given
  return given.with(open, over(product(from), product(given.toSpliced(open, 1))))
}

/** True if the number in front of the names is positive. The size may still be 0, because a name may stand for 0. */
export function isPositive({ numerator, denominator }: Size): boolean {
  return numerator / denominator > 0
}

/**
 * Gives a value another shape with the same elements in the same order.
 *
 * The axes before the rows must keep their number of elements, so that the rows stay in order. The axis of the rows must
 * have a whole number of elements for each row, for all values of the other sizes. Three rows of four numbers are also four
 * groups of three, but a group then has numbers of two rows.
 */
function toShape(data: Value, sizes: readonly Size[]): Value {
  if (data.kind === 'count') return numbers(sizes, data.known)
  if (data.kind === 'constant') {
    const isKnown = sizes.every((each) => rowPower(each) === 0)
    if (!isKnown) throw new NotProven('a constant is reshaped by the number of rows')
    return constant(sizes, data.known)
  }
  const axis = sizes.findIndex((each) => rowPower(each) !== 0)
  const before = product(data.shape.slice(0, data.axis))
  if (axis < 0) throw new NotProven('its shape fits one number of rows')
  if (rowPower(sizes[axis]!) !== 1) throw new NotProven('the number of rows is in an axis more than once')
  if (!isEqual(product(sizes.slice(0, axis)), before)) throw new NotProven('rows get mixed with another axis')
  if (!isWhole(over(sizes[axis]!, ROWS))) throw new NotProven('a row may be cut into parts that are not whole')
  if (data.padding !== undefined) checkPadded(data, sizes)
  return rowsAlong(axis, sizes, data.padding)
}

/** Refuses to join the texts of a row, because the padding of the first text would separate their words. */
function checkPadded({ shape: from, axis }: Rows, sizes: readonly Size[]): void {
  const isOneText = isEqual(product(from.slice(0, -1)), ROWS) && isEqual(from[axis]!, ROWS)
  if (!isOneText || !isEqual(from.at(-1)!, sizes.at(-1)!)) throw new NotProven('its rows are padded')
}

export const flatten: Rule = (operation) => {
  const data = input(operation, 0)
  const sizes = data.shape
  if (!sizes) return constant([operation.unknownSize(), operation.unknownSize()])
  const given = integer(operation.attributes('axis'), 'axis') ?? 1
  const axis = given === sizes.length ? given : axisOf(given, sizes.length)
  return toShape(data, [product(sizes.slice(0, axis)), product(sizes.slice(axis))])
}

/** Reads the axes of Squeeze or Unsqueeze. They are an attribute before opset 13, then an input. */
function axesOf(operation: Operation, since = 13, at = 1): readonly number[] | undefined {
  if (operation.opset < since) return integers(operation.attributes('axes'), 'axes')
  return operation.inputs[at] && knownNumbers(operation.inputs[at], 'the list of axes')
}

export const unsqueeze: Rule = (operation) => {
  const data = input(operation, 0)
  const axes = axesOf(operation)
  if (!axes) throw new NotProven('the list of axes is missing')
  if (!data.shape) return constant()
  const rank = data.shape.length + axes.length
  const added = new Set(axes.map((axis) => axisOf(axis, rank)))
  if (added.size !== axes.length) throw new NotProven('an axis is added twice')
  const left = [...data.shape.entries()]
  const places = Array.from({ length: rank }, (_, axis) => (added.has(axis) ? undefined : left.shift()))
  const sizes = places.map((place) => place?.[1] ?? ONE)
  if (data.kind !== 'rows') return numbersLike(data, sizes)
  return rowsAlong(
    places.findIndex((place) => place?.[0] === data.axis),
    sizes,
  )
}

export const squeeze: Rule = (operation) => {
  const data = input(operation, 0)
  const axes = axesOf(operation)
  if (!data.shape) return constant()
  const rank = data.shape.length
  if (!axes) {
    if (data.kind === 'rows') throw new NotProven('a single row would lose its axis')
    if (data.shape.some((each) => toNumber(each) === undefined)) return constant()
  }
  const removed = new Set(
    axes ? axes.map((axis) => axisOf(axis, rank)) : [...data.shape.keys()].filter((axis) => isOne(data.shape![axis]!)),
  )
  const kept = [...data.shape.entries()].filter(([axis]) => !removed.has(axis))
  const sizes = kept.map(([, each]) => each)
  if (data.kind !== 'rows') return numbersLike(data, sizes)
  return rowsAlong(
    kept.findIndex(([axis]) => axis === data.axis),
    sizes,
  )
}

/** Gives a constant or a count another shape. */
function numbersLike(data: Exclude<Value, { kind: 'rows' }>, sizes: readonly Size[]): Value {
  return data.known ? numbers(sizes, data.known) : constant(sizes)
}

export const transpose: Rule = (operation) => {
  const data = input(operation, 0)
  if (!data.shape) return constant()
  const { length: rank } = data.shape
  const perm =
    integers(operation.attributes('perm'), 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis)
  const isPermutation = perm.length === rank && new Set(perm.map((axis) => axisOf(axis, rank))).size === rank
  if (!isPermutation || perm.some((axis) => axis < 0)) throw new NotProven('perm does not fit the rank')
  const sizes = perm.map((axis) => data.shape![axis]!)
  if (data.kind === 'rows') return rowsAlong(perm.indexOf(data.axis), sizes)
  if (rank < 2) return numbersLike(data, sizes)
  const known = rank === 2 && data.known ? transposeKnown(data.known, data.shape) : undefined
  if (known) return numbers(sizes, perm[0] === 1 ? known : data.known!)
  if (data.kind === 'count') throw new NotProven('the number of rows becomes part of the data')
  return constant(sizes)
}

function transposeKnown(values: readonly Size[], sizes: readonly Size[]): readonly Size[] | undefined {
  const [rows, columns] = sizes.map(toNumber)
  if (rows === undefined || columns === undefined) return undefined
  return Array.from(
    { length: values.length },
    (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]!,
  )
}
