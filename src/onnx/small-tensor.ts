import { elementTypeName } from './value-info.ts'
import { fieldsOf, integersOf } from './wire.ts'
import type { ByteSource, Field, Range } from './wire.ts'

/** The head of a TensorProto, with its values if they are few numbers. */
export interface SmallTensor {
  /** A name of `elementTypeName`. */
  readonly elementType: string
  readonly shape: readonly number[]
  /** In row-major order. undefined if there are too many, if they are no numbers, or if another file has them. */
  readonly values: readonly number[] | undefined
}

const MAX_VALUES = 64
const MAX_RANK = 64
const EXTERNAL = 1n

// Fields of TensorProto, by number.
// @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FIELD = {
  dims: 1,
  dataType: 2,
  float: 4,
  int32: 5,
  int64: 7,
  raw: 9,
  double: 10,
  uint64: 11,
  location: 14,
} as const

type ReadNumber = (bytes: Buffer, at: number) => number

const RAW: Readonly<Record<string, { readonly size: number; readonly read: ReadNumber }>> = {
  float32: { size: 4, read: (bytes, at) => bytes.readFloatLE(at) },
  float64: { size: 8, read: (bytes, at) => bytes.readDoubleLE(at) },
  bool: { size: 1, read: (bytes, at) => bytes.readUInt8(at) },
  int8: { size: 1, read: (bytes, at) => bytes.readInt8(at) },
  uint8: { size: 1, read: (bytes, at) => bytes.readUInt8(at) },
  int16: { size: 2, read: (bytes, at) => bytes.readInt16LE(at) },
  uint16: { size: 2, read: (bytes, at) => bytes.readUInt16LE(at) },
  int32: { size: 4, read: (bytes, at) => bytes.readInt32LE(at) },
  uint32: { size: 4, read: (bytes, at) => bytes.readUInt32LE(at) },
  int64: { size: 8, read: (bytes, at) => Number(bytes.readBigInt64LE(at)) },
  uint64: { size: 8, read: (bytes, at) => Number(bytes.readBigUInt64LE(at)) },
}

/**
 * Reads shape and element type of a tensor, and its values if they are few numbers. Integers beyond 2^53 are rounded.
 *
 * @param most The maximum number of values to read.
 * @throws WireError if the range is no protobuf.
 */
export function readSmallTensor(source: ByteSource, range: Range, most = MAX_VALUES): SmallTensor {
  const shape: number[] = []
  const listed: number[] = []
  let [elementType, raw, isExternal] = ['undefined', undefined as Range | undefined, false]
  for (const field of fieldsOf(source, range, 'a tensor')) {
    if (field.number === FIELD.dims) pushBounded(shape, integersOf(source, field, 'dimensions'), MAX_RANK)
    else if (field.number === FIELD.dataType) elementType = elementTypeName(field.value)
    else if (field.number === FIELD.location) isExternal = field.value === EXTERNAL
    else if (field.number === FIELD.raw) raw = field
    else pushBounded(listed, fieldValues(source, field), most)
  }
  const count = shape.reduce((product, size) => product * size, 1)
  const isSmall = !isExternal && count <= most && elementType in RAW
  if (!isSmall) return { elementType, shape, values: undefined }
  const values = raw ? readRawValues(source, raw, elementType, most) : listed
  return { elementType, shape, values: values.length === count ? values : undefined }
}

/** Keeps one value more than `most`, so that the caller can see that a list is too long. */
function pushBounded(list: number[], values: Iterable<bigint | number>, most: number): void {
  for (const value of values) {
    if (list.length > most) return
    list.push(Number(value))
  }
}

function fieldValues(source: ByteSource, field: Field): Iterable<bigint | number> {
  if (field.number === FIELD.float) return fixedValues(source, field, 'float32')
  if (field.number === FIELD.double) return fixedValues(source, field, 'float64')
  const isInteger = field.number === FIELD.int32 || field.number === FIELD.int64 || field.number === FIELD.uint64
  return isInteger ? integersOf(source, field, 'values') : []
}

function* fixedValues(source: ByteSource, { start, end }: Range, elementType: 'float32' | 'float64'): Iterable<number> {
  const { size, read } = RAW[elementType]!
  for (let at = start; at + size <= end; at += size) yield read(Buffer.from(source.read(at, at + size)), 0)
}

function readRawValues(source: ByteSource, { start, end }: Range, elementType: string, most: number): number[] {
  const { size, read } = RAW[elementType]!
  const count = Math.min(Math.floor((end - start) / size), most + 1)
  const bytes = Buffer.from(source.read(start, start + count * size))
  return Array.from({ length: count }, (_, index) => read(bytes, index * size))
}
