import { checkConstant, input, integer } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, isEqual, isOne, over, sizeOf, times, toNumber } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { axisOf, reshaped, rowAxis, shapeOf } from '../value.ts'

import { listOf } from './slicing.ts'
/** Resize and Upsample. The axis of the rows must keep its size. */
export const resize: Rule = (operation) => {
  const data = input(operation, 0)
  const { inputs, opset, operator } = operation
  checkPlain(operation)
  const sizes = shapeOf(data)
  const rows = rowAxis(data)
  const at = operator === 'Upsample' || opset < 11 ? 1 : 2
  const attribute = operation.attributes('scales').get('scales')?.floats
  const scales = attribute?.map(sizeOf) ?? listOf(inputs[at])
  const targets = at === 2 ? listOf(inputs[3]) : undefined
  if (inputs[1]?.kind === 'rows') throw new NotProven('its input 1 depends on the rows')
  const isKept = targets?.length
    ? isEqual(targets[rows]!, sizes[rows]!)
    : scales?.length === sizes.length && isOne(scales[rows]!)
  if (rows >= 0 && !isKept) throw new NotProven('rows are resized')
  const result = sizes.map((size, axis) => (axis === rows ? size : resized(size, scales?.[axis], targets?.[axis])))
  return reshaped(
    data,
    result.map((size) => size ?? operation.unknownSize()),
    rows,
  )
}

/** An axis must be resized independently of other axes, and no part of it may be cropped. */
function checkPlain(operation: Operation): void {
  const names = ['axes', 'keep_aspect_ratio_policy', 'coordinate_transformation_mode']
  const [axes, policy, mode] = names.map((name) => operation.attributes(name).get(name))
  if (axes) throw new NotProven('it names its axes')
  if ((policy?.texts[0] ?? 'stretch') !== 'stretch') throw new NotProven('it resizes all axes alike')
  if (mode?.texts[0] === 'tf_crop_and_resize') throw new NotProven('it cuts a part out')
}

function resized(size: Size, scale: Size | undefined, target: Size | undefined): Size | undefined {
  if (target) return target
  const [length, factor] = [toNumber(size), scale && toNumber(scale)]
  if (length === undefined || factor === undefined || !Number.isInteger(factor)) return undefined
  return sizeOf(length * factor)
}

/** DepthToSpace and SpaceToDepth. The rows must be the first axis. */
export const spaceDepth: Rule = (operation) => {
  const data = input(operation, 0)
  const sizes = shapeOf(data)
  if (rowAxis(data) > 0 || sizes.length !== 4) throw new NotProven('rows are not along axis 0')
  const block = sizeOf(integer(operation.attributes('blocksize'), 'blocksize') ?? 1)
  const [batch, channels, height, width] = sizes as [Size, Size, Size, Size]
  const square = times(block, block)
  const isToSpace = operation.operator === 'DepthToSpace'
  const [grow, shrink] = isToSpace ? [times, over] : [over, times]
  return reshaped(data, [batch, shrink(channels, square), grow(height, block), grow(width, block)], rowAxis(data))
}

/** Trilu. The last two axes are a matrix, so they must not be the axis of the rows. */
export const trilu: Rule = (operation) => {
  const data = input(operation, 0)
  checkConstant(operation, 1)
  const sizes = shapeOf(data)
  if (rowAxis(data) >= sizes.length - 2) throw new NotProven('rows are part of the matrix')
  return reshaped(data, sizes, rowAxis(data))
}

export const reverseSequence: Rule = (operation) => {
  const [data, lengths] = [input(operation, 0), input(operation, 1)]
  const batch = integer(operation.attributes('batch_axis'), 'batch_axis') ?? 1
  const sizes = shapeOf(data)
  const isAlong = rowAxis(data) === axisOf(batch, sizes.length) && lengths.kind === 'rows'
  if (!isAlong || !isEqual(shapeOf(lengths)[0]!, sizes[rowAxis(data)]!))
    throw new NotProven('its sequences are not the rows')
  return reshaped(data, sizes, rowAxis(data))
}
