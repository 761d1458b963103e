import { isJoinable, joinTensors, rowsOf, splitTensor } from '../core/tensor.ts'
import type { Tensor, Tensors } from '../core/tensor.ts'
import type { InferenceRequest } from '../core/inference.ts'

// The memory of a short string in V8 without its characters, and of the reference to it.
const STRING_BYTES = 24

/** Returns the memory of tensors in bytes. It is an estimate for strings. */
export function bytesOf(inputs: Tensors): number {
  let bytes = 0
  for (const { data } of inputs.values()) {
    if (!Array.isArray(data)) bytes += data.byteLength
    else for (const text of data) bytes += STRING_BYTES + text.length
  }
  return bytes
}

/**
 * True if two requests can be computed in one run. They must ask for the same outputs. Their inputs must be equal in
 * name, datatype and shape, apart from the number of rows. All inputs of a request must have the same number of rows. A
 * request with an axis of size 0 runs alone, because the proof of rows does not hold for it.
 */
export function canJoin(a: InferenceRequest, b: InferenceRequest): boolean {
  if (hasEmptyAxis(a.inputs) || hasEmptyAxis(b.inputs)) return false
  if (!hasOneRowCount(a.inputs) || !hasOneRowCount(b.inputs)) return false
  if (a.inputs.size !== b.inputs.size || !isSameList(a.outputs, b.outputs)) return false
  for (const [name, tensor] of a.inputs) {
    const other = b.inputs.get(name)
    if (!other || !isJoinable(tensor, other)) return false
  }
  return true
}

function hasEmptyAxis(inputs: Tensors): boolean {
  for (const { shape } of inputs.values()) if (shape.includes(0)) return true
  return false
}

export function hasOneRowCount(inputs: Tensors): boolean {
  if (inputs.size < 2) return true
  const rows = rowsOf(inputs)
  for (const { shape } of inputs.values()) if (shape[0] !== rows) return false
  return true
}

/** Joins the inputs of requests, row after row. */
export function joinInputs(requests: readonly InferenceRequest[]): Tensors {
  const [first] = requests
  if (!first) throw new TypeError('nothing to join')
  const joined = new Map<string, Tensor>()
  for (const name of first.inputs.keys()) joined.set(name, joinTensors(requests.map(({ inputs }) => inputs.get(name)!)))
  return joined
}

/**
 * Splits the outputs of a joined run into the rows of each request.
 *
 * @throws Error if an output does not have a row for each row of the inputs.
 */
export function splitOutputs(outputs: Tensors, rows: readonly number[]): Tensors[] {
  const total = rows.reduce((sum, count) => sum + count, 0)
  const parts = rows.map(() => new Map<string, Tensor>())
  for (const [name, tensor] of outputs) {
    if (tensor.shape[0] !== total) throw new Error(`output ${name} does not follow the batch`)
    for (const [index, part] of splitTensor(tensor, rows).entries()) parts[index]!.set(name, part)
  }
  return parts
}

function isSameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === b) return true
  return a !== undefined && b !== undefined && a.length === b.length && a.every((name, index) => name === b[index])
}
