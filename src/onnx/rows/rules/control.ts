import { input, integer, integers } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, isEqual, toNumber } from '../sizes.ts'
import type { Range } from '../../wire.ts'
import { axisOf, constant, isSameShape, reshaped, rowAxis, rowsAlong, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'

/** Constant. */
export const constantNode: Rule = (operation) => {
  const attribute = operation.attributes('value').get('value')
  if (attribute?.tensor) return operation.tensor(attribute.tensor)
  return listedConstant(operation)
}

function listedConstant(operation: Operation): Value {
  const names = ['value_int', 'value_ints', 'value_float', 'value_floats']
  const attributes = operation.attributes(...names)
  const found = names.map((name) => attributes.get(name)).find((each) => each !== undefined)
  if (!found || found.isCut) return constant()
  const values = [...found.integers, ...found.floats]
  const isScalar = attributes.has('value_int') || attributes.has('value_float')
  return operation.constantOf(values, isScalar ? [] : [values.length])
}

/** If. A known condition chooses one branch. Otherwise both branches must have the same result. */
export const conditional: Rule = (operation) => {
  const condition = input(operation, 0)
  if (condition.kind !== 'constant') throw new NotProven('its condition depends on the rows')
  const attributes = operation.attributes('then_branch', 'else_branch')
  const branches = ['then_branch', 'else_branch'].map((name) => attributes.get(name)?.graphs[0])
  const [then, otherwise] = branches as [Range | undefined, Range | undefined]
  if (!then || !otherwise) throw new NotProven('a branch is missing')
  const known = condition.known?.length === 1 ? toNumber(condition.known[0]!) : undefined
  if (known !== undefined) return operation.within(known === 0 ? otherwise : then, [])
  const [a, b] = [operation.within(then, []), operation.within(otherwise, [])]
  return a.map((value, index) => agreed(value, b[index], operation))
}

function agreed(a: Value, b: Value | undefined, operation: Operation): Value {
  if (!b || a.kind === 'count' || b.kind === 'count') throw new NotProven('its branches differ')
  if ([a, b].some((value) => value.kind === 'rows' && value.padding !== undefined))
    throw new NotProven('its rows are filled up to the longest of the run')
  if (a.kind === 'constant' && b.kind === 'constant' && !(a.shape && b.shape)) return constant()
  const [x, y] = [shapeOf(a), shapeOf(b)]
  if (rowAxis(a) !== rowAxis(b) || x.length !== y.length) throw new NotProven('its branches differ')
  const rows = rowAxis(a)
  const sizes = x.map((size, axis) => {
    if (isEqual(size, y[axis]!)) return size
    if (axis === rows) throw new NotProven('its branches differ')
    return operation.unknownSize()
  })
  return reshaped(a, sizes, rows)
}

/**
 * Scan. If it scans the rows, each step gets one row, so its body may do anything. The states must then be constants that
 * the body returns unchanged. If it scans another axis, the body must not mix rows, and a state must keep its kind.
 */
export const scan: Rule = (operation) => {
  if (operation.opset < 9) throw new NotProven('it is of an old opset')
  const names = ['scan_input_axes', 'scan_input_directions', 'scan_output_axes', 'scan_output_directions']
  const attributes = operation.attributes('body', 'num_scan_inputs', ...names)
  const [body] = attributes.get('body')?.graphs ?? []
  const scanned = integer(attributes, 'num_scan_inputs')
  if (!body || !scanned) throw new NotProven('its body is missing')
  const values = operation.inputs.map((_, index) => input(operation, index))
  const states = values.slice(0, values.length - scanned)
  const inputAxes = integers(attributes, names[0]!) ?? []
  const inputs = values.slice(states.length).map((value, index): Scanned => {
    return { value, axis: axisOf(inputAxes[index] ?? 0, shapeOf(value).length) }
  })
  const parts = { body, states, inputs, outputAxes: integers(attributes, names[2]!) ?? [] }
  if (!inputs.some(isOverRows)) return scanOther(operation, parts)
  const directions = [names[1]!, names[3]!].flatMap((name) => integers(attributes, name) ?? [])
  if (directions.some((direction) => direction !== 0)) throw new NotProven('it goes backwards')
  return scanRows(operation, parts)
}

interface Scanned {
  readonly value: Value
  readonly axis: number
}

interface ScanParts {
  readonly body: Range
  readonly states: readonly Value[]
  readonly inputs: readonly Scanned[]
  readonly outputAxes: readonly number[]
}

function isOverRows({ value, axis }: Scanned): boolean {
  return rowAxis(value) === axis
}

function scanRows(operation: Operation, { body, states, inputs, outputAxes }: ScanParts): Value[] {
  if (states.some(({ kind }) => kind !== 'constant')) throw new NotProven('its state depends on the rows')
  if (!operation.isClosed(body, states.length))
    throw new NotProven('its body takes more than one row, or changes a state')
  const rows = shapeOf(inputs[0]!.value)[inputs[0]!.axis]!
  const isEach = inputs.every((each) => isOverRows(each) && isEqual(shapeOf(each.value)[each.axis]!, rows))
  if (!isEach) throw new NotProven('it scans rows and something else')
  const steps = inputs.map(({ value, axis }) => constant(shapeOf(value).toSpliced(axis, 1)))
  const made = operation.within(body, [...states, ...steps]).slice(states.length)
  const collected = made.map((value, index) => {
    const sizes = shapeOf(value)
    const at = axisOf(outputAxes[index] ?? 0, sizes.length + 1)
    return rowsAlong(at, sizes.toSpliced(at, 0, rows))
  })
  return [...states, ...collected]
}

function scanOther(operation: Operation, { body, states, inputs, outputAxes }: ScanParts): Value[] {
  const steps = inputs.map(({ value, axis }) => {
    return reshaped(value, shapeOf(value).toSpliced(axis, 1), rowAxis(value) - (rowAxis(value) > axis ? 1 : 0))
  })
  const length = shapeOf(inputs[0]!.value)[inputs[0]!.axis]!
  // A state changes in each step, so its first numbers are not known within the body.
  const anyStates = states.map((state) => reshaped(state, shapeOf(state), rowAxis(state)))
  const made = operation.within(body, [...anyStates, ...steps])
  for (const [index, state] of states.entries()) {
    if (!isSameValue(state, made[index])) throw new NotProven('its state becomes something else')
  }
  const collected = made.slice(states.length).map((value, index) => {
    const sizes = shapeOf(value)
    const at = axisOf(outputAxes[index] ?? 0, sizes.length + 1)
    return reshaped(value, sizes.toSpliced(at, 0, length), rowAxis(value) + (rowAxis(value) >= at ? 1 : 0))
  })
  return [...anyStates, ...collected]
}

function isSameValue(a: Value, b: Value | undefined): boolean {
  if (!b || a.kind !== b.kind || !a.shape || !b.shape || !isSameShape(a.shape, b.shape)) return false
  return rowAxis(a) === rowAxis(b)
}
