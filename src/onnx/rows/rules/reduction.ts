import { checkConstant, input, integer, integers } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven } from '../sizes.ts'
import { ONE, axisOf, constant, knownNumbers, reshaped, rowAxis, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'

const ACROSS = 'it works across rows'

/** Reduce*. The axes are an attribute, or an input from opset 13 (ReduceSum) or 18 on. */
export const reduce: Rule = (operation) => {
  const data = input(operation, 0)
  const { operator, opset, inputs } = operation
  const attributes = operation.attributes('axes', 'keepdims', 'noop_with_empty_axes')
  const isInput = opset >= (operator === 'ReduceSum' ? 13 : 18)
  const given = isInput ? inputs[1] && knownNumbers(inputs[1], 'the list of axes') : integers(attributes, 'axes')
  if (!data.shape) return constant()
  if (!given?.length && integer(attributes, 'noop_with_empty_axes') === 1)
    return reshaped(data, data.shape, rowAxis(data))
  const { length: rank } = data.shape
  const axes = given?.length ? given.map((axis) => axisOf(axis, rank)) : [...data.shape.keys()]
  return withoutAxes(data, new Set(axes), (integer(attributes, 'keepdims') ?? 1) === 1)
}

/** ArgMax and ArgMin. */
export const argument: Rule = (operation) => {
  const data = input(operation, 0)
  const attributes = operation.attributes('axis', 'keepdims')
  if (!data.shape) return constant()
  const axis = axisOf(integer(attributes, 'axis') ?? 0, data.shape.length)
  return withoutAxes(data, new Set([axis]), (integer(attributes, 'keepdims') ?? 1) === 1)
}

function withoutAxes(data: Value, axes: ReadonlySet<number>, keepsAxes: boolean): Value {
  const sizes = shapeOf(data)
  const rows = rowAxis(data)
  if (axes.has(rows)) throw new NotProven(ACROSS)
  if (keepsAxes)
    return reshaped(
      data,
      sizes.map((size, axis) => (axes.has(axis) ? ONE : size)),
      rows,
    )
  const before = [...axes].filter((axis) => axis < rows).length
  return reshaped(
    data,
    sizes.filter((_, axis) => !axes.has(axis)),
    rows - before,
  )
}

/** Softmax, LogSoftmax and Hardmax. Before opset 13, they treat `axis` and all axes behind it as a single axis. */
export const softmax: Rule = (operation) => {
  const data = input(operation, 0)
  const isOld = operation.opset < 13
  const sizes = shapeOf(data)
  const axis = axisOf(integer(operation.attributes('axis'), 'axis') ?? (isOld ? 1 : -1), sizes.length)
  const rows = rowAxis(data)
  if (isOld ? rows >= axis : rows === axis) throw new NotProven(ACROSS)
  return reshaped(data, sizes, rows)
}

/** Operators along one axis, which is an attribute. */
export function alongAxis(fallback: number): Rule {
  return (operation) => {
    const data = input(operation, 0)
    checkConstant(operation, 1)
    const sizes = shapeOf(data)
    if (axisOf(integer(operation.attributes('axis'), 'axis') ?? fallback, sizes.length) === rowAxis(data))
      throw new NotProven(ACROSS)
    return reshaped(data, sizes, rowAxis(data))
  }
}

/** CumSum. Its axis is an input. */
export const cumulative: Rule = (operation) => {
  const data = input(operation, 0)
  const sizes = shapeOf(data)
  const [axis] = knownNumbers(input(operation, 1), 'its axis')
  if (axisOf(axis!, sizes.length) === rowAxis(data)) throw new NotProven(ACROSS)
  return reshaped(data, sizes, rowAxis(data))
}

/** Operators over `axis` and all axes behind it, such as LayerNormalization. */
export const fromAxis: Rule = (operation) => {
  const data = input(operation, 0)
  checkConstant(operation, 1)
  const sizes = shapeOf(data)
  const axis = axisOf(integer(operation.attributes('axis'), 'axis') ?? -1, sizes.length)
  if (rowAxis(data) >= axis) throw new NotProven(ACROSS)
  return reshaped(data, sizes, rowAxis(data))
}

/** InstanceNormalization and GroupNormalization. They never mix elements of axis 0, so the rows must be along it. */
export const byInstance: Rule = (operation) => {
  const data = input(operation, 0)
  checkConstant(operation, 1)
  if (rowAxis(data) > 0) throw new NotProven('rows are not along axis 0')
  return reshaped(data, shapeOf(data), rowAxis(data))
}

/** BatchNormalization with stored statistics. Each channel, which is axis 1, has its own. */
export const batchNormalization: Rule = (operation) => {
  const data = input(operation, 0)
  checkConstant(operation, 1)
  const attributes = operation.attributes('training_mode', 'is_test')
  const isTraining =
    integer(attributes, 'training_mode') === 1 ||
    (operation.opset < 14 && operation.outputCount > 1) ||
    (operation.opset < 7 && integer(attributes, 'is_test') !== 1)
  if (isTraining) throw new NotProven('it takes the mean of all rows')
  return awayFrom(data, 1)
}

/** LRN. It works across the channels, which are axis 1. */
export const acrossChannels: Rule = (operation) => awayFrom(input(operation, 0), 1)

function awayFrom(data: Value, axis: number): Value {
  if (rowAxis(data) === axis) throw new NotProven(ACROSS)
  return reshaped(data, shapeOf(data), rowAxis(data))
}

export const meanVariance: Rule = (operation) => {
  const data = input(operation, 0)
  const sizes = shapeOf(data)
  const axes = integers(operation.attributes('axes'), 'axes') ?? [0, 2, 3]
  if (axes.some((axis) => axisOf(axis, sizes.length) === rowAxis(data))) throw new NotProven(ACROSS)
  return reshaped(data, sizes, rowAxis(data))
}

/** QuantizeLinear and DequantizeLinear. A scale for each element of an axis is refused for the axis of the rows. */
export const quantize: Rule = (operation) => {
  const data = input(operation, 0)
  checkConstant(operation, 1)
  const attributes = operation.attributes('axis', 'block_size')
  const scale = shapeOf(input(operation, 1))
  const sizes = shapeOf(data)
  const rows = rowAxis(data)
  if (scale.length === 0 || rows < 0) return reshaped(data, sizes, rows)
  const isBlocked = (integer(attributes, 'block_size') ?? 0) !== 0
  const axis = axisOf(integer(attributes, 'axis') ?? 1, sizes.length)
  const isAlong = isBlocked
    ? scale.length !== sizes.length || !isSingle(scale[rows]!)
    : axis === rows && !isSingle(scale[0]!)
  if (isAlong) throw new NotProven('its scale has a value for each row')
  return reshaped(data, sizes, rows)
}

function isSingle(size: typeof ONE): boolean {
  return size.powers.size === 0 && size.numerator === size.denominator
}

/** Requires that all inputs but the first are constants. */
export function alone(rule: Rule): Rule {
  return (operation: Operation) => {
    checkConstant(operation, 1)
    return rule(operation)
  }
}
