import { isUtf8 } from 'node:buffer'
import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType, TensorData } from '../../core/datatypes.ts'
import type { NanPolicy } from '../../core/nan-policy.ts'
import type { Steps } from '../../core/steps.ts'
import { byteLengthOf, elementCount } from '../../core/tensor.ts'
import type { Tensor } from '../../core/tensor.ts'
import { typedView } from '../../core/typed-view.ts'
import { ELEMENT_WRITERS } from '../tensors/elements.ts'
import { bareNumber } from '../../json/bare-tokens.ts'
import { invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'

// Tensors of the Open Inference Protocol, as JSON and as bytes: little-endian, row-major; what REST and gRPC share.

/** The protocol's name of each datatype. */
export const V2_NAMES: Readonly<Record<DataType, string>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
}

// The nesting that JSON data may have; the shape says what it means.
const MAX_DEPTH = 100
const LENGTH_BYTES = 4

/**
 * Reads `data`, flat or nested in any way, into a tensor of exactly this shape.
 *
 * @param jsonNan The form in which NaN and the infinities are answered: floats take them in the same form.
 * @throws ServingError INVALID_INPUT that names the element.
 */
export function fromJson(
  data: unknown,
  dataType: DataType,
  shape: readonly number[],
  path: string,
  jsonNan: NanPolicy = 'null',
): Tensor {
  if (!Array.isArray(data)) throw invalid(path, `expected an array, got ${show(data)}`)
  if (dataType === 'float16') throw invalid(path, 'FP16 has no form in JSON: send it as binary data')
  const count = elementCount(shape)
  const isFlat = !Array.isArray(data[0])
  // Only elements that are really there make storage.
  if (isFlat && data.length !== count) throw invalid(path, countProblem(shape, data.length))
  const elements: readonly unknown[] = isFlat ? data : flatten(data, path, count)
  if (elements.length !== count) throw invalid(path, countProblem(shape, elements.length))
  const target = DATA_TYPES[dataType].allocate(count)
  if (isFloats(target) && writeNumbers(elements, target)) return { dataType, shape, data: target }
  const write = ELEMENT_WRITERS[dataType]
  for (let index = 0; index < count; index++) {
    const value = elements[index]
    const special = toNonFinite(value, jsonNan)
    if (special !== undefined && isFloats(target)) target[index] = special
    else {
      const problem = write(target, index, jsonNan === 'bare' ? (special ?? value) : value)
      if (problem) throw invalid(`${path}[${index}]`, problem)
    }
  }
  return { dataType, shape, data: target }
}

const NON_FINITE: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity'])

/** As null no infinity is told from NaN. */
function toNonFinite(value: unknown, jsonNan: NanPolicy): number | undefined {
  if (typeof value === 'number') return undefined
  if (jsonNan === 'null') return value === null ? Number.NaN : undefined
  if (jsonNan === 'bare') return bareNumber(value)
  return NON_FINITE.has(value) ? Number(value) : undefined
}

function isFloats(target: TensorData): target is Float32Array | Float64Array {
  return target instanceof Float32Array || target instanceof Float64Array
}

/** @returns Whether all are numbers that the type holds; which one is not, another walk tells. */
function writeNumbers(elements: readonly unknown[], target: Float32Array | Float64Array): boolean {
  for (let index = 0; index < target.length; index++) {
    const value = elements[index]
    if (typeof value !== 'number') return false
    target[index] = value
    if (!Number.isFinite(target[index])) return false
  }
  return true
}

/** Elements in order; stops where there are more than expected. */
function flatten(data: readonly unknown[], path: string, count: number): unknown[] {
  const elements: unknown[] = []
  const visit = (values: readonly unknown[], depth: number): void => {
    if (depth > MAX_DEPTH) throw invalid(path, `expected at most ${MAX_DEPTH} nested arrays`)
    for (const value of values) {
      if (Array.isArray(value)) visit(value, depth + 1)
      else elements.push(value)
      if (elements.length > count) return
    }
  }
  visit(data, 1)
  return elements
}

export function countProblem(shape: readonly number[], got: number): string {
  return `shape [${shape.join(',')}] takes ${elementCount(shape)} elements, got ${got}`
}

/**
 * Reads bytes into a tensor.
 *
 * @returns Numbers are a view of the bytes where these stand at a fitting address, else a copy.
 * @throws ServingError INVALID_INPUT when there are more or fewer than the shape takes, or a value is none of its type.
 */
export function fromBytes(bytes: Buffer, dataType: DataType, shape: readonly number[], path: string): Tensor {
  const count = elementCount(shape)
  if (dataType === 'string') return { dataType, shape, data: readStrings(bytes, count, path) }
  const size = bytesPerElement(dataType)
  if (bytes.length !== count * size) {
    throw invalid(path, `shape [${shape.join(',')}] takes ${count * size} bytes, got ${bytes.length}`)
  }
  const data = typedView(dataType, bytes)
  const wrong = dataType === 'bool' ? (data as Uint8Array).findIndex((value) => value > 1) : -1
  if (wrong >= 0) throw invalid(`${path}[${wrong}]`, `expected a byte of 0 or 1, got ${String(data[wrong])}`)
  return { dataType, shape, data }
}

export function bytesPerElement(dataType: DataType): number {
  const data = DATA_TYPES[dataType].allocate(0)
  return Array.isArray(data) ? Infinity : data.BYTES_PER_ELEMENT
}

/** Each string stands behind its length, of four bytes. */
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

/** Why bytes are no string of a tensor: the runtime would cut or replace it. */
export function textProblem(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return 'the string is not valid UTF-8'
  return bytes.includes(0) ? 'expected a string without the character U+0000' : undefined
}

const STEP_STRINGS = 2000

/** The bytes of a tensor: a view where it holds numbers, not copied. */
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
