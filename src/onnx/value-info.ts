import { checkCount, fieldsOf, readText } from './wire.ts'
import type { ByteSource, Range } from './wire.ts'

/** The type of a value of a graph. */
type ValueType =
  | {
      readonly kind: 'tensor'
      readonly elementType: string
      /** Sizes, or names of free sizes; undefined for a free size without a name. Absent if the rank is unknown. */
      readonly shape?: readonly (number | string | undefined)[]
    }
  | { readonly kind: 'sequence' | 'map' | 'optional' | 'sparse tensor' | 'opaque' | 'unknown'; readonly text: string }

export interface ValueInfo {
  readonly name: string
  readonly type: ValueType
}

// TensorProto.DataType, by number.
const ELEMENT_TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
]

const MAX_RANK = 64
// A type may contain a type, such as a sequence of maps.
const MAX_DEPTH = 8

export function elementTypeName(number: bigint): string {
  return ELEMENT_TYPES[Number(number)] ?? `element type ${number}`
}

export function readValueInfo(source: ByteSource, range: Range): ValueInfo {
  let name = ''
  let type: ValueType = { kind: 'unknown', text: 'a value of unknown type' }
  for (const part of fieldsOf(source, range, 'a value')) {
    if (part.number === 1 && part.isBytes) name = readText(source, part, 'the name of a value')
    if (part.number === 2 && part.isBytes) type = readType(source, part, 0)
  }
  return { name, type }
}

function readType(source: ByteSource, range: Range, depth: number): ValueType {
  if (depth > MAX_DEPTH) return { kind: 'unknown', text: 'a type nested too deep' }
  for (const part of fieldsOf(source, range, 'a type')) {
    if (!part.isBytes) continue
    const inner = (number: number): string => innerText(source, part, number, depth)
    if (part.number === 1) return readTensorType(source, part)
    if (part.number === 4) return { kind: 'sequence', text: `sequence(${inner(1)})` }
    if (part.number === 5) return { kind: 'map', text: `map(${keyText(source, part)}, ${inner(2)})` }
    if (part.number === 7) return { kind: 'opaque', text: 'an opaque value' }
    if (part.number === 8) return { kind: 'sparse tensor', text: 'a sparse tensor' }
    if (part.number === 9) return { kind: 'optional', text: `optional(${inner(1)})` }
  }
  return { kind: 'unknown', text: 'a value of unknown type' }
}

function innerText(source: ByteSource, range: Range, number: number, depth: number): string {
  for (const part of fieldsOf(source, range, 'a type')) {
    if (part.number !== number || !part.isBytes) continue
    const type = readType(source, part, depth + 1)
    return type.kind === 'tensor' ? `tensor(${type.elementType})` : type.text
  }
  return 'unknown'
}

function keyText(source: ByteSource, range: Range): string {
  for (const part of fieldsOf(source, range, 'a map')) if (part.number === 1) return elementTypeName(part.value)
  return 'unknown'
}

function readTensorType(source: ByteSource, range: Range): ValueType {
  let elementType = 'undefined'
  let shape: (number | string | undefined)[] | undefined
  for (const part of fieldsOf(source, range, 'a tensor type')) {
    if (part.number === 1) elementType = elementTypeName(part.value)
    if (part.number === 2 && part.isBytes) shape = readShape(source, part)
  }
  return { kind: 'tensor', elementType, ...(shape && { shape }) }
}

function readShape(source: ByteSource, range: Range): (number | string | undefined)[] {
  const shape: (number | string | undefined)[] = []
  for (const part of fieldsOf(source, range, 'a shape')) {
    if (part.number !== 1 || !part.isBytes) continue
    shape.push(readDimension(source, part))
    checkCount(shape.length, MAX_RANK, 'dimensions', 'a shape')
  }
  return shape
}

function readDimension(source: ByteSource, range: Range): number | string | undefined {
  for (const part of fieldsOf(source, range, 'a dimension')) {
    if (part.number === 1) return Number(BigInt.asIntN(64, part.value))
    if (part.number === 2 && part.isBytes) return readText(source, part, 'the name of a dimension') || undefined
  }
  return undefined
}
