import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType, TensorData } from '../../core/datatypes.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor } from '../../core/tensor.ts'
import { ELEMENT_WRITERS } from '../tensors/elements.ts'
import { invalid } from '../../json/input-problems.ts'
import { textProblem } from './v2-binary-data.ts'
import { V2_NAMES, countProblem } from './v2-tensors.ts'
import type { TensorHead } from './v2-tensors.ts'
import { WIRE, eachElement, eachField } from './wire-reader.ts'
import type { WireReader } from './wire-reader.ts'

// Reads InferTensorContents of grpc/inference.proto directly into tensors.

interface ContentsField {
  readonly number: number
  readonly name: string
  readonly wire: number
  /** @returns The problem of the element, if it has one. */
  readonly read: (reader: WireReader, data: TensorData, index: number) => string | undefined
}

const NAMES = [
  'bool_contents',
  'int_contents',
  'int64_contents',
  'uint_contents',
  'uint64_contents',
  'fp32_contents',
  'fp64_contents',
  'bytes_contents',
]

/** The field for the elements of each datatype. There is no field for FP16. */
const FIELDS: Readonly<Record<DataType, ContentsField | undefined>> = {
  bool: toField(1, WIRE.varint, (reader, data, index) => void (data[index] = reader.integer(false) === 0 ? 0 : 1)),
  int8: toField(2, WIRE.varint, readSmallInteger('int8')),
  int16: toField(2, WIRE.varint, readSmallInteger('int16')),
  int32: toField(2, WIRE.varint, (reader, data, index) => void (data[index] = reader.varint())),
  int64: toField(3, WIRE.varint, readLong),
  uint8: toField(4, WIRE.varint, readSmallInteger('uint8')),
  uint16: toField(4, WIRE.varint, readSmallInteger('uint16')),
  uint32: toField(4, WIRE.varint, (reader, data, index) => void (data[index] = reader.varint() >>> 0)),
  uint64: toField(5, WIRE.varint, readLong),
  float16: undefined,
  // NaN and the infinities are ordinary values here.
  float32: toField(6, WIRE.fixed32, (reader, data, index) => void (data[index] = reader.float())),
  float64: toField(7, WIRE.fixed64, (reader, data, index) => void (data[index] = reader.double())),
  string: toField(8, WIRE.bytes, readStringElement),
}

function toField(number: number, wire: number, read: ContentsField['read']): ContentsField {
  return { number, name: NAMES[number - 1]!, wire, read }
}

/** Integers of 8 and 16 bits are sent in 32 bits. */
function readSmallInteger(dataType: 'int8' | 'int16' | 'uint8' | 'uint16'): ContentsField['read'] {
  const write = ELEMENT_WRITERS[dataType]
  const isSigned = dataType.startsWith('i')
  return (reader, data, index) => write(data, index, isSigned ? reader.varint() : reader.varint() >>> 0)
}

function readStringElement(reader: WireReader, data: TensorData, index: number): string | undefined {
  const bytes = reader.bytes()
  data[index] = bytes.toString()
  return textProblem(bytes)
}

/** @param halves The elements as pairs of 32 bits. ONNX Runtime runs only on little-endian machines. */
function readLong(reader: WireReader, halves: TensorData, index: number): undefined {
  halves[2 * index] = reader.varint()
  halves[2 * index + 1] = reader.high
}

/**
 * Reads typed contents into a tensor of exactly this shape.
 *
 * @throws ServingError INVALID_INPUT if the contents are invalid, are in the field of another datatype, have another number
 *   of elements, or have an element that the datatype cannot hold.
 */
export function fromContents(contents: Buffer, { dataType, shape, path }: TensorHead): Tensor {
  const field = FIELDS[dataType]
  const contentsPath = `${path}.contents`
  if (!field) throw invalid(contentsPath, `${V2_NAMES[dataType]} has no contents: send it in raw_input_contents`)
  const count = elementCount(shape)
  // An element takes at least one byte. So a wrong shape cannot allocate more memory than the message has.
  const data = DATA_TYPES[dataType].allocate(count > contents.length ? 0 : count)
  const got = readElements(contents, field, data, (problem, at = '') => invalid(`${contentsPath}${at}`, problem))
  if (got !== count) throw invalid(contentsPath, countProblem(shape, got))
  return { dataType, shape, data }
}

/** @returns The number of elements. Those beyond the length of `data` are skipped. */
function readElements(
  contents: Buffer,
  own: ContentsField,
  data: TensorData,
  refuse: (problem: string, at?: string) => Error,
): number {
  const target = data instanceof BigInt64Array || data instanceof BigUint64Array ? new Int32Array(data.buffer) : data
  let index = 0
  const read = (reader: WireReader): void => {
    const problem = index < data.length ? own.read(reader, target, index) : reader.skip(own.wire)
    if (problem !== undefined) throw refuse(problem, `[${index}]`)
    index++
  }
  try {
    eachField(contents, (number, reader, wire) => {
      const other = NAMES[number - 1]
      if (other === undefined) reader.skip(wire)
      else if (number !== own.number) throw refuse(`expected ${own.name}, got ${other}`)
      else if (wire === own.wire) read(reader)
      else eachElement(reader, wire, read)
    })
  } catch (error) {
    if (error instanceof RangeError) throw refuse(`the bytes are no contents: ${error.message}`)
    throw error
  }
  return index
}
