import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType, TensorData } from '../../core/datatypes.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor } from '../../core/tensor.ts'
import { ELEMENT_WRITERS } from '../tensors/elements.ts'
import { invalid } from '../../json/input-problems.ts'
import { V2_NAMES, countProblem, textProblem } from './v2-tensors.ts'
import { WIRE, eachElement, eachField } from './wire-reader.ts'
import type { WireReader } from './wire-reader.ts'

// InferTensorContents of grpc/inference.proto, read straight into tensors.

interface Column {
  readonly field: number
  readonly name: string
  readonly wire: number
  /** @returns What is wrong with the element, if anything. */
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

/** Where the elements of each datatype stand; half precision has no place. */
const COLUMNS: Readonly<Record<DataType, Column | undefined>> = {
  bool: toColumn(1, WIRE.varint, (reader, data, index) => void (data[index] = reader.integer(false) === 0 ? 0 : 1)),
  int8: toColumn(2, WIRE.varint, checked('int8')),
  int16: toColumn(2, WIRE.varint, checked('int16')),
  int32: toColumn(2, WIRE.varint, (reader, data, index) => void (data[index] = reader.varint())),
  int64: toColumn(3, WIRE.varint, writeLong),
  uint8: toColumn(4, WIRE.varint, checked('uint8')),
  uint16: toColumn(4, WIRE.varint, checked('uint16')),
  uint32: toColumn(4, WIRE.varint, (reader, data, index) => void (data[index] = reader.varint() >>> 0)),
  uint64: toColumn(5, WIRE.varint, writeLong),
  float16: undefined,
  // NaN and the infinities are values like others here.
  float32: toColumn(6, WIRE.fixed32, (reader, data, index) => void (data[index] = reader.float())),
  float64: toColumn(7, WIRE.fixed64, (reader, data, index) => void (data[index] = reader.double())),
  string: toColumn(8, WIRE.bytes, readText),
}

function toColumn(field: number, wire: number, read: Column['read']): Column {
  return { field, name: NAMES[field - 1]!, wire, read }
}

/** Fewer than 32 bits come in 32. */
function checked(dataType: 'int8' | 'int16' | 'uint8' | 'uint16'): Column['read'] {
  const write = ELEMENT_WRITERS[dataType]
  const isSigned = dataType.startsWith('i')
  return (reader, data, index) => write(data, index, isSigned ? reader.varint() : reader.varint() >>> 0)
}

function readText(reader: WireReader, data: TensorData, index: number): string | undefined {
  const bytes = reader.bytes()
  data[index] = bytes.toString()
  return textProblem(bytes)
}

/** @param halves Of the elements, little-endian as every machine is that ONNX Runtime is built for. */
function writeLong(reader: WireReader, halves: TensorData, index: number): undefined {
  halves[2 * index] = reader.varint()
  halves[2 * index + 1] = reader.high
}

/**
 * Reads typed contents into a tensor of exactly this shape.
 *
 * @throws ServingError INVALID_INPUT when they are none, stand in another field, are too few or many, or the type cannot
 *   hold one.
 */
export function fromContents(contents: Buffer, dataType: DataType, shape: readonly number[], path: string): Tensor {
  const column = COLUMNS[dataType]
  if (!column) throw invalid(path, `${V2_NAMES[dataType]} has no contents: send it in raw_input_contents`)
  const count = elementCount(shape)
  // An element has a byte at least: only what is really there makes storage.
  const data = DATA_TYPES[dataType].allocate(count > contents.length ? 0 : count)
  const got = readColumn(contents, column, data, (problem, at = '') => invalid(`${path}${at}`, problem))
  if (got !== count) throw invalid(path, countProblem(shape, got))
  return { dataType, shape, data }
}

/** @returns How many elements there are; those that `data` has no place for are passed over. */
function readColumn(
  contents: Buffer,
  column: Column,
  data: TensorData,
  refuse: (problem: string, at?: string) => Error,
): number {
  const target = data instanceof BigInt64Array || data instanceof BigUint64Array ? new Int32Array(data.buffer) : data
  let index = 0
  const read = (reader: WireReader): void => {
    const problem = index < data.length ? column.read(reader, target, index) : reader.skip(column.wire)
    if (problem !== undefined) throw refuse(problem, `[${index}]`)
    index++
  }
  try {
    eachField(contents, (field, reader, wire) => {
      const other = NAMES[field - 1]
      if (other === undefined) reader.skip(wire)
      else if (field !== column.field) throw refuse(`expected ${column.name}, got ${other}`)
      else if (wire === column.wire) read(reader)
      else eachElement(reader, wire, read)
    })
  } catch (error) {
    if (error instanceof RangeError) throw refuse(`the bytes are no contents: ${error.message}`)
    throw error
  }
  return index
}
