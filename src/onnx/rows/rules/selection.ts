import { checkConstant, input, integer } from '../operation.ts'
import type { Rule } from '../operation.ts'
import { NotProven, isEqual, sizeOf, toNumber } from '../sizes.ts'
import { axisOf, constant, knownOf, numbers, reshaped, rowAxis, rowsAlong, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'

import { checkBeside } from './slicing.ts'
export const gather: Rule = (operation) => {
  const [data, indices] = [input(operation, 0), input(operation, 1)]
  const axis = integer(operation.attributes('axis'), 'axis') ?? 0
  const picked = pickKnown(data, indices, axis)
  if (picked) return picked
  if (data.kind === 'count' || indices.kind === 'count')
    throw new NotProven('the number of rows becomes part of the data')
  if (!data.shape || !indices.shape) {
    if (data.kind === 'constant' && indices.kind === 'constant') return constant()
    throw new NotProven('the rank of a constant is unknown')
  }
  const at = axisOf(axis, data.shape.length)
  const sizes = data.shape.toSpliced(at, 1, ...indices.shape)
  if (indices.kind === 'rows') {
    if (data.kind === 'rows') throw new NotProven('rows are chosen by the values of rows')
    return rowsAlong(at + indices.axis, sizes)
  }
  if (data.kind === 'constant') return constant(sizes)
  if (data.axis === at) throw new NotProven('rows are chosen by their number')
  return rowsAlong(data.axis < at ? data.axis : data.axis - 1 + indices.shape.length, sizes)
}

/** Picks elements of a known list. */
function pickKnown(data: Value, indices: Value, axis: number): Value | undefined {
  if (data.kind === 'rows' || !data.known || data.shape?.length !== 1 || (axis !== 0 && axis !== -1)) return undefined
  if (indices.kind !== 'constant' || !indices.known || !indices.shape) return undefined
  const { known } = data
  const picked = indices.known.map((size) => {
    const index = toNumber(size)
    return index === undefined ? undefined : known.at(index)
  })
  return picked.every((size) => size !== undefined) ? numbers(indices.shape, picked) : undefined
}

export const gatherElements: Rule = (operation) => {
  const values = operation.inputs.map((_, index) => input(operation, index))
  const axis = axisOf(integer(operation.attributes('axis'), 'axis') ?? 0, shapeOf(values[0]!).length)
  const sizes = shapeOf(values[0]!)
  const rows = rowAxis(values[0]!)
  for (const value of values) checkBeside(value, sizes, rows)
  if (rows === axis) throw new NotProven('rows are chosen by their number')
  const isScatter = operation.operator.startsWith('Scatter')
  return reshaped(values[0]!, isScatter ? sizes : shapeOf(values[1]!), rows)
}

export const gatherNd: Rule = (operation) => {
  const [data, indices] = [input(operation, 0), input(operation, 1)]
  const batch = integer(operation.attributes('batch_dims'), 'batch_dims') ?? 0
  const [from, by] = [shapeOf(data), shapeOf(indices)]
  const last = toNumber(by.at(-1)!)
  if (last === undefined) throw new NotProven('how many indices there are is unknown')
  const sizes = [...by.slice(0, -1), ...from.slice(batch + last)]
  const [a, b] = [rowAxis(data), rowAxis(indices)]
  const isSame = a === b && a < batch && (a < 0 || isEqual(from[a]!, by[b]!))
  if (isSame) return reshaped(data, sizes, a)
  if (a < 0 && batch === 0 && b < by.length - 1) return reshaped(indices, sizes, b)
  throw new NotProven('rows are chosen by the values of rows')
}

export const compress: Rule = (operation) => {
  const data = input(operation, 0)
  checkConstant(operation, 1)
  const axis = integer(operation.attributes('axis'), 'axis')
  if (axis === undefined) throw new NotProven('it works on all rows together')
  const sizes = shapeOf(data)
  const at = axisOf(axis, sizes.length)
  if (at === rowAxis(data)) throw new NotProven('rows are chosen by their number')
  return reshaped(data, sizes.with(at, operation.unknownSize()), rowAxis(data))
}

export const oneHot: Rule = (operation) => {
  const indices = input(operation, 0)
  checkConstant(operation, 1)
  const sizes = shapeOf(indices)
  const rows = rowAxis(indices)
  const axis = axisOf(integer(operation.attributes('axis'), 'axis') ?? -1, sizes.length + 1)
  const depth = knownOf(operation.inputs[1])?.[0] ?? operation.unknownSize()
  return reshaped(indices, sizes.toSpliced(axis, 0, depth), rows < axis ? rows : rows + 1)
}

export const topK: Rule = (operation) => {
  const data = input(operation, 0)
  checkConstant(operation, 1)
  const attributes = operation.attributes('axis', 'k')
  const sizes = shapeOf(data)
  const axis = axisOf(integer(attributes, 'axis') ?? -1, sizes.length)
  if (axis === rowAxis(data)) throw new NotProven('rows are compared with one another')
  const [known] = knownOf(operation.inputs[1]) ?? []
  const k = operation.opset < 10 ? integer(attributes, 'k') : known && toNumber(known)
  const value = reshaped(data, sizes.with(axis, k === undefined ? operation.unknownSize() : sizeOf(k)), rowAxis(data))
  return [value, value]
}
