import { checkConstant, input, integer, integers } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, isEqual, rowPower, sizeOf, toNumber } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { axisOf, constant, knownNumbers, numbers, reshaped, rowAxis, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'

// PyTorch writes 2^63 - 1 for "to the end". tf2onnx writes 10^9 or 2^31 - 1.
const TO_THE_END = 1e9
// A hostile graph can double a list many times by joining it with itself.
const MAX_KNOWN = 64

interface Cut {
  readonly axis: number
  readonly start: Size | undefined
  readonly end: Size | undefined
  readonly step: number
}

export const slice: Rule = (operation) => {
  const data = input(operation, 0)
  const sizes = data.shape
  if (!sizes) {
    checkConstant(operation, 1)
    return constant()
  }
  const cuts = cutsOf(operation, sizes.length)
  const known = sliceKnown(data, cuts)
  if (known) return known
  const rows = rowAxis(data)
  const result = [...sizes]
  for (const cut of cuts) {
    if (cut.axis !== rows) result[cut.axis] = lengthOf(checkFixed(cut), sizes[cut.axis]!) ?? operation.unknownSize()
    else if (!isWholeAxis(cut, sizes[rows]!)) throw new NotProven('rows are chosen by their number')
  }
  return reshaped(data, result, rows)
}

function cutsOf(operation: Operation, rank: number): Cut[] {
  const { inputs, opset } = operation
  if (opset < 10) {
    const attributes = operation.attributes('starts', 'ends', 'axes')
    const [starts, ends] = [integers(attributes, 'starts') ?? [], integers(attributes, 'ends') ?? []]
    const axes = integers(attributes, 'axes') ?? starts.map((_, index) => index)
    return axes.map((axis, index) => ({
      axis: axisOf(axis, rank),
      start: sizeOf(starts[index]!),
      end: sizeOf(ends[index]!),
      step: 1,
    }))
  }
  const [starts, ends] = [listOf(inputs[1]), listOf(inputs[2])]
  const steps = inputs[4] && knownNumbers(inputs[4], 'the step')
  const count = starts?.length ?? ends?.length
  if (!inputs[3] && count === undefined) throw new NotProven('the list of axes is computed')
  const axes = inputs[3]
    ? knownNumbers(inputs[3], 'the list of axes')
    : Array.from({ length: count! }, (_, index) => index)
  return axes.map((axis, index) => ({
    axis: axisOf(axis, rank),
    start: starts?.[index],
    end: ends?.[index],
    step: steps ? steps[index]! : 1,
  }))
}

/** Returns the numbers of a constant or a count; undefined if they are unknown. @throws NotProven for rows. */
export function listOf(value: Value | undefined): readonly Size[] | undefined {
  if (value?.kind === 'rows') throw new NotProven('what is cut out depends on the rows')
  return value?.known
}

/** Checks a cut of an axis that does not hold the rows. It must not depend on the number of rows. */
function checkFixed(cut: Cut): Cut {
  const { start, end } = cut
  if ([start, end].some((size) => size && rowPower(size) !== 0)) throw new NotProven('it is cut by the number of rows')
  return cut
}

function isWholeAxis({ start, end, step }: Cut, size: Size): boolean {
  if (!start || toNumber(start) !== 0 || step !== 1 || !end) return false
  return isEqual(end, size) || (toNumber(end) ?? 0) >= TO_THE_END
}

/** Counts the elements of a cut, if their number is known. */
function lengthOf({ start: from, end, step }: Cut, size: Size): Size | undefined {
  const [length, start, last] = [toNumber(size), from && toNumber(from), end && toNumber(end)]
  if (start === 0 && step === 1 && last !== undefined && last >= TO_THE_END) return size
  if (rowPower(size) !== 0 || length === undefined || start === undefined || last === undefined) return undefined
  return sizeOf(sliceOf(start, last, step, length).count)
}

/** Finds the start and the length of a slice. It lists no elements, because a file can declare an axis of any length. */
function sliceOf(start: number, end: number, step: number, length: number): { from: number; count: number } {
  if (step === 0) throw new NotProven('its step is 0')
  const clamp = (value: number, least: number, most: number): number => {
    return Math.max(least, Math.min(most, value < 0 ? value + length : value))
  }
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1]
  const from = clamp(start, 0, most)
  return { from, count: Math.max(0, Math.ceil((clamp(end, least, most) - from) / step)) }
}

/** Cuts known numbers along axis 0. @returns undefined for other cuts, or if a number is unknown. */
function sliceKnown(data: Value, cuts: readonly Cut[]): Value | undefined {
  const [cut, second] = cuts
  if (data.kind === 'rows' || !data.known || !data.shape || !cut || second || cut.axis !== 0) return undefined
  const length = toNumber(data.shape[0]!)
  const [start, end] = [cut.start && toNumber(cut.start), cut.end && toNumber(cut.end)]
  if (length === undefined || start === undefined || end === undefined) return undefined
  const width = data.known.length / length
  const { from, count } = sliceOf(start, end, cut.step, length)
  const indices = Array.from({ length: count }, (_, index) => from + index * cut.step)
  const picked = indices.flatMap((index) => data.known!.slice(index * width, (index + 1) * width))
  return numbers([sizeOf(count), ...data.shape.slice(1)], picked)
}

export const concat: Rule = (operation) => {
  const values = operation.inputs.map((_, index) => input(operation, index))
  const given = integer(operation.attributes('axis'), 'axis') ?? 1
  const lists = values.map((value) => (value.kind !== 'rows' && value.shape?.length === 1 ? value.known : undefined))
  const count = lists.reduce((sum, list) => sum + (list?.length ?? 0), 0)
  if (lists.every((list) => list !== undefined) && count <= MAX_KNOWN && (given === 0 || given === -1)) {
    return numbers([sizeOf(count)], lists.flat())
  }
  const [first] = values
  if (values.every(({ kind }) => kind === 'constant') && values.some((value) => !value.shape)) return constant()
  const sizes = shapeOf(first!)
  const axis = axisOf(given, sizes.length)
  const rows = rowAxis(first!)
  for (const value of values) checkBeside(value, sizes, rows)
  if (rows === axis) throw new NotProven('rows are put behind other rows')
  const parts = values.map((value) => toNumber(shapeOf(value)[axis]!))
  const isKnown = parts.every((part) => part !== undefined)
  const length = isKnown ? sizeOf(parts.reduce((sum, part) => sum + part, 0)) : operation.unknownSize()
  return reshaped(first!, sizes.with(axis, length), rows)
}

/**
 * Checks that a value has the same rank as another one, and its rows along the same axis in the same number.
 *
 * @param sizes The shape of the other value.
 * @param rows The axis of its rows. -1 if it is a constant: then this value must be a constant too.
 * @throws NotProven if they differ.
 */
export function checkBeside(value: Value, sizes: readonly Size[], rows: number): void {
  const own = shapeOf(value)
  if (own.length !== sizes.length) throw new NotProven('its parts differ in rank')
  if (rowAxis(value) !== rows) throw new NotProven('a constant, or rows along another axis, stand beside rows')
  if (rows >= 0 && !isEqual(own[rows]!, sizes[rows]!)) throw new NotProven('its parts differ in their rows')
}

export const split: Rule = (operation) => {
  const data = input(operation, 0)
  const attributes = operation.attributes('axis', 'split')
  const given = integer(attributes, 'axis') ?? 0
  const lengths =
    operation.opset < 13
      ? integers(attributes, 'split')
      : operation.inputs[1] && knownNumbers(operation.inputs[1], 'the list of lengths')
  const outputs = Array.from({ length: operation.outputCount })
  if (!data.shape) return outputs.map(() => constant())
  const axis = axisOf(given, data.shape.length)
  const rows = rowAxis(data)
  if (axis === rows) throw new NotProven('rows are taken apart')
  const whole = toNumber(data.shape[axis]!)
  const each = whole !== undefined && whole % outputs.length === 0 ? sizeOf(whole / outputs.length) : undefined
  return outputs.map((_, index) => {
    const length = lengths?.[index] === undefined ? each : sizeOf(lengths[index])
    return reshaped(data, data.shape!.with(axis, length ?? operation.unknownSize()), rows)
  })
}

export const pad: Rule = (operation) => {
  const data = input(operation, 0)
  const { inputs, opset } = operation
  checkConstant(operation, 1)
  if (!data.shape) return constant()
  const attributes = operation.attributes('pads', 'paddings')
  const pads =
    opset < 11 ? integers(attributes, opset < 2 ? 'paddings' : 'pads') : knownNumbers(inputs[1], 'the padding')
  const { length: rank } = data.shape
  const axes = inputs[3]
    ? knownNumbers(inputs[3], 'the list of axes').map((axis) => axisOf(axis, rank))
    : [...data.shape.keys()]
  if (pads?.length !== 2 * axes.length) throw new NotProven('its padding does not fit the rank')
  const rows = rowAxis(data)
  const sizes = [...data.shape]
  for (const [index, axis] of axes.entries()) {
    const [before, after] = [pads[index]!, pads[index + axes.length]!]
    if (axis === rows && (before !== 0 || after !== 0)) throw new NotProven('rows are added')
    const size = toNumber(sizes[axis]!)
    if (before === 0 && after === 0) continue
    sizes[axis] = size === undefined ? operation.unknownSize() : sizeOf(size + before + after)
  }
  return reshaped(data, sizes, rows)
}
