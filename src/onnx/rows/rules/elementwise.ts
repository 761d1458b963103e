import { MAX_FOLDED, elementAt, foldIntegers, isInt32 } from './folding.ts'
import { checkConstant, input, integer } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { ByChance, NotProven, isEqual, isOne, rowPower, sizeOf, toNumber } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { constant, numbers, rowsAlong, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'

/** Operators that compute each element from one element. */
export const unary: Rule = (operation) => {
  const value = input(operation, 0)
  checkConstant(operation, 1)
  if (value.kind === 'count') throw new NotProven('the number of rows becomes part of the data')
  return value.kind === 'rows' ? rowsAlong(value.axis, value.shape) : constant(value.shape)
}

/** Identity. */
export const passOn: Rule = (operation) => input(operation, 0)

/** Cast. It keeps known numbers if the new type is int32, int64 or bool, and holds them. */
export const cast: Rule = (operation) => {
  const value = input(operation, 0)
  if (value.kind === 'rows' || !value.known) return operation.operator === 'Cast' ? unary(operation) : value
  const to = integer(operation.attributes('to'), 'to')
  if (to === BOOL && value.known.every((size) => toNumber(size) !== undefined))
    return numbers(
      shapeOf(value),
      value.known.map((size) => sizeOf(toNumber(size) === 0 ? 0 : 1)),
    )
  const isKept = to === INT64 || (to === INT32 && value.known.every(isInt32))
  if (isKept && value.known.every(isWholeNumber)) return value
  if (value.kind === 'count') throw new NotProven('the number of rows becomes part of the data')
  return constant(value.shape)
}

// Numbers of TensorProto.DataType.
// @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const [INT32, INT64, BOOL] = [6, 7, 9]

function isWholeNumber(size: Size): boolean {
  const number = toNumber(size)
  return number === undefined || Number.isInteger(number)
}

/** Dropout. It must drop nothing, because random choices differ between requests. */
export const dropout: Rule = (operation) => {
  const value = unary({ ...operation, inputs: operation.inputs.slice(0, 2) }) as Value
  const training = operation.inputs[2]
  if (operation.opset < 7 && integer(operation.attributes('is_test'), 'is_test') !== 1) {
    throw new ByChance('it drops values by chance')
  }
  if (!training) return value
  const isOff = training.kind === 'constant' && training.known?.every((size) => toNumber(size) === 0)
  if (!isOff) throw new ByChance('it may drop values by chance')
  return value
}

/** Operators that compute each element from one element of each input, with broadcasting. */
export const elementwise: Rule = (operation) => {
  const { inputs, opset, operator } = operation
  const values = inputs.map((_, index) => input(operation, index))
  const folded = foldIntegers(operator, values)
  if (folded) return folded
  if (opset < 7 && integer(operation.attributes('broadcast'), 'broadcast') === 1) {
    throw new NotProven('it broadcasts by the rules of an old opset')
  }
  return broadcast(values, operation)
}

/**
 * Finds the shape of values that are broadcast against each other. All values with rows must have them along the same axis,
 * counted from the last one, and in the same number. A constant must have the same values for each row.
 */
export function broadcast(values: readonly Value[], operation: Pick<Operation, 'unknownSize'>): Value {
  if (values.some(({ kind }) => kind === 'count')) throw new NotProven('the number of rows becomes part of the data')
  const first = values.find((value) => value.kind === 'rows')
  if (!first && values.some(({ shape }) => !shape)) return constant()
  const shapes = values.map(shapeOf)
  const rank = Math.max(...shapes.map(({ length }) => length))
  const shape = Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((each) => each[axis - rank + each.length]).filter((size) => size !== undefined)
    return commonSize(sizes, operation)
  })
  if (!first) return constant(shape)
  const fromEnd = first.shape.length - first.axis
  for (const [index, value] of values.entries()) checkAligned(value, shapes[index]!, first, fromEnd)
  return rowsAlong(rank - fromEnd, shape.with(rank - fromEnd, first.shape[first.axis]!))
}

function checkAligned(value: Value, shape: readonly Size[], first: Extract<Value, { kind: 'rows' }>, fromEnd: number) {
  const axis = shape.length - fromEnd
  if (value.kind === 'rows') {
    if (value.axis !== axis || !isEqual(shape[axis]!, first.shape[first.axis]!)) {
      throw new NotProven('its rows lie along different axes')
    }
  } else if (axis >= 0 && !isOne(shape[axis]!)) {
    throw new NotProven('a constant has another value for each row')
  }
}

/** Finds the broadcast size. A size other than 1 wins. Of two unknown sizes the result is unknown. */
function commonSize(sizes: readonly Size[], operation: Pick<Operation, 'unknownSize'>): Size {
  const [found, ...others] = sizes.filter((size) => !isOne(size))
  if (!found) return sizeOf(1)
  if (others.every((size) => isEqual(size, found))) return found
  // A known number is not 1 here, so it is the result for all values of the names.
  return [found, ...others].find((size) => toNumber(size) !== undefined) ?? operation.unknownSize()
}

/** `Where`. PyTorch exports `expand` with a `Where` of known numbers, which is computed. Others are elementwise. */
export const where: Rule = (operation) => {
  const [condition, a, b] = [0, 1, 2].map((index) => input(operation, index)) as [Value, Value, Value]
  const known = [condition, a, b].map((value) => (value.kind === 'rows' ? undefined : value.known))
  const [c, x, y] = known
  if (!c || !x || !y || shapeOf(condition).length > 1) return broadcast([condition, a, b], operation)
  const length = Math.max(c.length, x.length, y.length)
  if (length > MAX_FOLDED || known.some((list) => list!.length !== 1 && list!.length !== length)) {
    return broadcast([condition, a, b], operation)
  }
  const chosen = Array.from({ length }, (_, index) => {
    const number = toNumber(elementAt(c, index))
    if (number === undefined || rowPower(elementAt(c, index)) !== 0)
      throw new NotProven('it chooses by the number of rows')
    return number === 0 ? elementAt(y, index) : elementAt(x, index)
  })
  const rank = Math.max(shapeOf(condition).length, shapeOf(a).length, shapeOf(b).length)
  if (rank > 1) return broadcast([condition, a, b], operation)
  return numbers(rank === 0 ? [] : [sizeOf(length)], chosen)
}

/** `Not`. It computes with known values. Otherwise it is an operator of one element. */
export const not: Rule = (operation) => {
  const value = input(operation, 0)
  if (value.kind !== 'constant' || !value.known?.every((size) => toNumber(size) !== undefined)) return unary(operation)
  return numbers(
    shapeOf(value),
    value.known.map((size) => sizeOf(toNumber(size) === 0 ? 1 : 0)),
  )
}
