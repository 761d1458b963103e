import { checkConstant, input, integer, integers } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, keyOf, sizeOf, toNumber } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { ONE, reshaped, rowAxis, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'

/** Conv, ConvInteger and ConvTranspose. Pictures are [rows, channels, …], and the weights are constants. */
export const convolution: Rule = (operation) => {
  checkConstant(operation, 1)
  return convolve(operation, input(operation, 1))
}

/** QLinearConv. The weights follow the scale and the zero point of the picture. */
export const qLinearConvolution: Rule = (operation) => {
  checkConstant(operation, 1)
  return convolve(operation, input(operation, 3))
}

function convolve(operation: Operation, weights: Value): Value {
  const data = input(operation, 0)
  checkFirst(data)
  const isTransposed = operation.operator === 'ConvTranspose'
  const group = integer(operation.attributes('group'), 'group') ?? 1
  const kernel = weights.shape
  const perGroup = kernel && toNumber(kernel[isTransposed ? 1 : 0]!)
  const channels = perGroup === undefined ? operation.unknownSize() : sizeOf(isTransposed ? perGroup * group : perGroup)
  const sizes = shapeOf(data)
  const spatial = sizes.slice(2).map((size, index) => {
    const length = kernel?.[index + 2] && toNumber(kernel[index + 2]!)
    return isTransposed ? operation.unknownSize() : windowCount(operation, size, index, length)
  })
  return reshaped(data, [sizes[0]!, channels, ...spatial], rowAxis(data))
}

/** MaxPool, AveragePool and LpPool. The second output of MaxPool counts through the whole tensor. */
export const pool: Rule = (operation) => {
  const data = input(operation, 0)
  if (rowAxis(data) > 1) throw new NotProven('rows are part of a picture')
  const sizes = shapeOf(data)
  const kernel = integers(operation.attributes('kernel_shape'), 'kernel_shape')
  const isRounded = (integer(operation.attributes('ceil_mode'), 'ceil_mode') ?? 0) !== 0
  const spatial = sizes.slice(2).map((size, index) => {
    return isRounded ? operation.unknownSize() : windowCount(operation, size, index, kernel?.[index])
  })
  return reshaped(data, [...sizes.slice(0, 2), ...spatial], rowAxis(data))
}

export const globalPool: Rule = (operation) => {
  const data = input(operation, 0)
  if (rowAxis(data) > 1) throw new NotProven('rows are part of a picture')
  return reshaped(
    data,
    shapeOf(data).map((size, axis) => (axis < 2 ? size : ONE)),
    rowAxis(data),
  )
}

function checkFirst(data: Value): void {
  if (rowAxis(data) > 0) throw new NotProven('rows are not along axis 0')
}

/** Counts the positions of a window on an axis. Equal windows on equal axes have equal counts, even if unknown. */
function windowCount(operation: Operation, size: Size, index: number, kernelSize: number | undefined): Size {
  const attributes = operation.attributes('pads', 'strides', 'dilations', 'auto_pad')
  const list = (name: string): readonly number[] | undefined => integers(attributes, name)
  const [stride, dilation] = [list('strides')?.[index] ?? 1, list('dilations')?.[index] ?? 1]
  const mode = attributes.get('auto_pad')?.texts[0] ?? 'NOTSET'
  const pads = list('pads')
  const padding = pads ? (pads[index] ?? 0) + (pads[index + pads.length / 2] ?? 0) : 0
  const length = toNumber(size)
  if (kernelSize === undefined) return operation.unknownSize()
  if (length === undefined || (mode !== 'NOTSET' && mode !== 'VALID')) {
    return operation.unknownSize(`windows(${keyOf(size)},${kernelSize},${stride},${dilation},${padding},${mode})`)
  }
  const added = mode === 'VALID' ? 0 : padding
  return sizeOf(Math.floor((length + added - dilation * (kernelSize - 1) - 1) / stride) + 1)
}
