import { isUtf8 } from 'node:buffer'
import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType } from '../../core/datatypes.ts'
import type { Steps } from '../../core/steps.ts'
import { byteLengthOf, elementCount } from '../../core/tensor.ts'
import type { Tensor } from '../../core/tensor.ts'
import { typedView } from '../../core/typed-view.ts'
import { invalid } from '../../json/input-problems.ts'
import type { TensorHead } from './v2-tensors.ts'

// The elements of a tensor as bytes, row-major and little-endian, over REST and gRPC.
// @see Triton, docs/protocol/extension_binary_data.md

// The length of a string stands before it.
const LENGTH_BYTES = 4

/**
 * Reads bytes into a tensor.
 *
 * @returns A tensor whose numbers are a view of the bytes, or a copy if the bytes are not aligned to the datatype.
 * @throws ServingError INVALID_INPUT if the shape takes another number of bytes, or the datatype does not have a value.
 */
export function fromBytes(bytes: Buffer, { dataType, shape, path }: TensorHead): Tensor {
  const count = elementCount(shape)
  if (dataType === 'string') return { dataType, shape, data: readStrings(bytes, count, path) }
  const size = fixedElementBytes(dataType)
  if (bytes.length !== count * size) {
    throw invalid(path, `shape [${shape.join(',')}] takes ${count * size} bytes, got ${bytes.length}`)
  }
  const data = typedView(dataType, bytes)
  const wrong = dataType === 'bool' ? (data as Uint8Array).findIndex((value) => value > 1) : -1
  if (wrong >= 0) throw invalid(`${path}[${wrong}]`, `expected a byte of 0 or 1, got ${String(data[wrong])}`)
  return { dataType, shape, data }
}

/** Returns the bytes of one number of a datatype. */
export function fixedElementBytes(dataType: Exclude<DataType, 'string'>): number {
  return (DATA_TYPES[dataType].allocate(0) as Uint8Array).BYTES_PER_ELEMENT
}

function readStrings(bytes: Buffer, count: number, path: string): string[] {
  if (count * LENGTH_BYTES > bytes.length) throw invalid(path, `${count} strings take more than ${bytes.length} bytes`)
  const strings: string[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    const start = at + LENGTH_BYTES
    const end = start <= bytes.length ? start + bytes.readUInt32LE(at) : Infinity
    if (end > bytes.length) throw invalid(`${path}[${index}]`, 'the string is longer than the bytes that are left')
    const text = bytes.subarray(start, end)
    const problem = textProblem(text)
    if (problem) throw invalid(`${path}[${index}]`, problem)
    strings.push(text.toString())
    at = end
  }
  if (at !== bytes.length) throw invalid(path, `${bytes.length - at} bytes are left over behind ${count} strings`)
  return strings
}

/** Says why a tensor cannot hold these bytes as a string. The runtime would end it at U+0000, or replace bytes. */
export function textProblem(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return 'the string is not valid UTF-8'
  return bytes.includes(0) ? 'expected a string without the character U+0000' : undefined
}

// Other work of the event loop may run after so many strings.
const STEP_STRINGS = 2000

/** @returns The elements as bytes: a view of numbers, without a copy; a new buffer for strings. */
export function* toBytes(tensor: Tensor): Steps<Uint8Array> {
  const { data } = tensor
  if (!Array.isArray(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const bytes = Buffer.allocUnsafe(byteLengthOf(tensor))
  let at = 0
  for (const [index, text] of data.entries()) {
    const length = bytes.write(text, at + LENGTH_BYTES)
    at = bytes.writeUInt32LE(length, at) + length
    if (index % STEP_STRINGS === STEP_STRINGS - 1) yield
  }
  return bytes
}
