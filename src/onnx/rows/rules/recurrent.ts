import { checkConstant, input, integer } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, isEqual, sizeOf } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { constant, rowAxis, rowsAlong, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'

/**
 * LSTM, GRU and RNN. X is [time, rows, features], or [rows, time, features] with layout 1. The initial states and the
 * lengths have one part for each row as well.
 */
export const recurrent: Rule = (operation) => {
  const data = input(operation, 0)
  const attributes = operation.attributes('layout', 'hidden_size', 'direction')
  const isRowsFirst = integer(attributes, 'layout') === 1
  const axis = isRowsFirst ? 0 : 1
  const sizes = shapeOf(data)
  if (rowAxis(data) < 0) {
    checkConstant(operation, 1)
    return Array.from({ length: operation.outputCount }, () => constant())
  }
  if (sizes.length !== 3 || rowAxis(data) !== axis) throw new NotProven('rows are steps in time')
  const rows = sizes[axis]!
  // The inputs are X, W, R, B, sequence_lens, initial_h, initial_c, P.
  for (const index of [1, 2, 3, 7])
    if (operation.inputs[index] && rowAxis(operation.inputs[index]) >= 0)
      throw new NotProven(`its input ${index} depends on the rows`)
  checkBelongs(operation.inputs[4], 0, rows)
  for (const index of [5, 6]) checkBelongs(operation.inputs[index], axis, rows)
  return outputsOf(operation, sizes, isRowsFirst)
}

function outputsOf(operation: Operation, sizes: readonly Size[], isRowsFirst: boolean): Value[] {
  const attributes = operation.attributes('hidden_size', 'direction')
  const directions = sizeOf(attributes.get('direction')?.texts[0] === 'bidirectional' ? 2 : 1)
  const hiddenSize = integer(attributes, 'hidden_size')
  const hidden = hiddenSize === undefined ? operation.unknownSize() : sizeOf(hiddenSize)
  const [first, second] = sizes as [Size, Size, Size]
  if (isRowsFirst) {
    const state = rowsAlong(0, [first, directions, hidden])
    return [rowsAlong(0, [first, second, directions, hidden]), state, state]
  }
  const state = rowsAlong(1, [directions, second, hidden])
  return [rowsAlong(2, [first, directions, second, hidden]), state, state]
}

/** The states must have rows. A constant would have one state for each row, which depends on the position of the row. */
function checkBelongs(value: Value | undefined, axis: number, rows: Size): void {
  if (!value) return
  const isBelonging = rowAxis(value) === axis && isEqual(shapeOf(value)[axis]!, rows)
  if (!isBelonging) throw new NotProven('its initial state is not one for each row')
}
