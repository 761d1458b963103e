import { DATA_TYPES } from './datatypes.ts'
import type { DataType, TensorData } from './datatypes.ts'

/** A value of an input or output. `data` holds the elements in row-major order, as many as the product of `shape`. */
export interface Tensor {
  readonly dataType: DataType
  readonly shape: readonly number[]
  readonly data: TensorData
}

/** Tensors by name. It is a Map, because names come from clients. */
export type Tensors = ReadonlyMap<string, Tensor>

/** Returns the number of elements in a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  let count = 1
  for (const dimension of shape) count *= dimension
  return count
}

// V2 and gRPC write the length of a string before it.
const LENGTH_BYTES = 4

/** Returns the bytes of a tensor in the form of V2 and gRPC. */
export function byteLengthOf({ data }: Tensor): number {
  if (!Array.isArray(data)) return data.byteLength
  let bytes = 0
  for (const text of data) bytes += LENGTH_BYTES + Buffer.byteLength(text)
  return bytes
}

/** Returns the rows of a request: the size of axis 0 of its first input; 1 if there is no input, or it is a scalar. */
export function rowsOf(inputs: Tensors): number {
  const [first] = inputs.values()
  return first?.shape[0] ?? 1
}

/** True if tensors can be joined along axis 0: they have the same datatype, and the same shape apart from this axis. */
export function isJoinable(a: Tensor, b: Tensor): boolean {
  const rank = a.shape.length
  if (rank === 0 || rank !== b.shape.length || a.dataType !== b.dataType) return false
  for (let axis = 1; axis < rank; axis++) if (a.shape[axis] !== b.shape[axis]) return false
  return true
}

/** Joins tensors along axis 0 into new storage. Every pair must be joinable. */
export function joinTensors(parts: readonly Tensor[]): Tensor {
  const [first] = parts
  if (!first) throw new TypeError('nothing to join')
  const { dataType, shape } = first
  let rows = 0
  for (const part of parts) rows += part.shape[0]!
  const joined = [rows, ...shape.slice(1)]
  const data = DATA_TYPES[dataType].allocate(elementCount(joined))
  let at = 0
  for (const part of parts) {
    copyInto(data, part.data, at)
    at += part.data.length
  }
  return { dataType, shape: joined, data }
}

/**
 * Splits a tensor along axis 0 into parts. The parts share its storage, except for strings.
 *
 * @param rows Rows of each part. Their sum is the size of axis 0.
 */
export function splitTensor({ dataType, shape, data }: Tensor, rows: readonly number[]): Tensor[] {
  const rowSize = elementCount(shape.slice(1))
  let at = 0
  return rows.map((count) => {
    const end = at + count * rowSize
    const part = Array.isArray(data) ? data.slice(at, end) : data.subarray(at, end)
    at = end
    return { dataType, shape: [count, ...shape.slice(1)], data: part }
  })
}

function copyInto(target: TensorData, source: TensorData, at: number): void {
  if (!Array.isArray(target)) (target as Uint8Array).set(source as Uint8Array, at)
  else for (let index = 0; index < source.length; index++) target[at + index] = source[index] as string
}
