import { input } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, ROWS, isEqual, isOne, isWhole, over, product, rowPower, sizeOf, toNumber } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { ONE, constant, reshaped, rowAxis, rowsAlong, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'
import { isPositive, sizesOf } from './shapes.ts'

export const constantOfShape: Rule = (operation) => {
  const sizes = sizesOf(input(operation, 0))
  if (sizes.some((each) => !isPositive(each))) {
    if (sizes.some((each) => rowPower(each) !== 0)) throw new NotProven('it is empty for any number of rows')
    return constant()
  }
  const axis = sizes.findIndex((each) => rowPower(each) !== 0)
  if (axis >= 0) return rowsAlong(axis, checkWholeRows(sizes, axis))
  const count = toNumber(product(sizes))
  const filler = fillerOf(operation)
  const known =
    filler && count !== undefined && count <= MAX_KNOWN ? Array.from({ length: count }, () => filler) : undefined
  return constant(sizes, known)
}

const MAX_KNOWN = 64

function fillerOf(operation: Operation): Size | undefined {
  const attribute = operation.attributes('value').get('value')
  if (!attribute?.tensor) return sizeOf(0)
  const value = operation.tensor(attribute.tensor)
  return value.kind === 'constant' ? value.known?.[0] : undefined
}

/** Checks that the axis has a whole number of elements for each row. */
function checkWholeRows(sizes: readonly Size[], axis: number): readonly Size[] {
  if (rowPower(sizes[axis]!) !== 1 || !isWhole(over(sizes[axis]!, ROWS))) throw new NotProven('its shape is computed')
  return sizes
}

export const expand: Rule = (operation) => {
  const data = input(operation, 0)
  const target = sizesOf(input(operation, 1))
  const from = shapeOf(data)
  const rank = Math.max(from.length, target.length)
  const at = (sizes: readonly Size[], axis: number): Size => sizes[axis - rank + sizes.length] ?? ONE
  const sizes = Array.from({ length: rank }, (_, axis) => {
    const [own, wanted] = [at(from, axis), at(target, axis)]
    if (!isPositive(wanted)) throw new NotProven('a size is not positive')
    if (isOne(wanted) || isEqual(own, wanted)) return own
    if (isOne(own)) return wanted
    // One of the sizes may be 1. The other one is then the result.
    return toNumber(wanted) === undefined || rowPower(own) !== 0 ? checkFree(own, wanted, operation) : wanted
  })
  const axis = data.kind === 'rows' ? data.axis - from.length + rank : sizes.findIndex((each) => rowPower(each) !== 0)
  if (data.kind === 'rows' && !isEqual(sizes[axis]!, data.shape[data.axis]!)) throw new NotProven('rows are repeated')
  if (data.kind === 'count') throw new NotProven('the number of rows becomes part of the data')
  return axis < 0 ? constant(sizes, expandedKnown(data, sizes)) : rowsAlong(axis, checkWholeRows(sizes, axis))
}

function checkFree(own: Size, wanted: Size, operation: Operation): Size {
  if (rowPower(own) !== 0 || rowPower(wanted) !== 0) throw new NotProven('it fits one number of rows')
  return toNumber(own) === undefined ? operation.unknownSize() : own
}

function expandedKnown(
  { known }: Exclude<Value, { kind: 'count' }> & { known?: readonly Size[] | undefined },
  sizes: readonly Size[],
): readonly Size[] | undefined {
  const count = toNumber(product(sizes))
  if (known?.length !== 1 || count === undefined || count > MAX_KNOWN) return undefined
  return Array.from({ length: count }, () => known[0]!)
}

export const tile: Rule = (operation) => {
  const data = input(operation, 0)
  const repeats = sizesOf(input(operation, 1))
  const from = shapeOf(data)
  if (repeats.length !== from.length) throw new NotProven('its repeats do not fit the rank')
  const axis = rowAxis(data)
  if (axis >= 0 && !isOne(repeats[axis]!)) throw new NotProven('rows are repeated')
  const sizes = from.map((each, index) => product([each, repeats[index]!]))
  const target = axis >= 0 ? axis : sizes.findIndex((each) => rowPower(each) !== 0)
  if (axis < 0 && target >= 0 && !isOne(from[target]!))
    throw new NotProven('a constant is repeated by the number of rows')
  return target < 0 ? reshaped(data, sizes, target) : rowsAlong(target, checkWholeRows(sizes, target))
}
