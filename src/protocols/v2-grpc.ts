import { DATA_TYPES } from '../core/datatypes.ts'
import type { DataType, TensorData } from '../core/datatypes.ts'
import { elementCount } from '../core/tensor.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Codec } from './codec.ts'
import { ELEMENT_WRITERS } from './elements.ts'
import { invalid } from './problems.ts'
import { checkSharedMemory, readInputs } from './v2-inputs.ts'
import type { ReadTensor } from './v2-inputs.ts'
import { parametersOf } from './v2-parameters.ts'
import { answersOf, toRequest } from './v2-request.ts'
import type { V2Request } from './v2-request.ts'
import { V2_NAMES, countProblem, fromBytes, readString, toBytes } from './v2-tensors.ts'
// The messages of inference.proto, by the names they have there, as protobufjs decodes them.

/** An integer of 64 bits, as its two halves. */
interface Long {
  readonly low: number
  readonly high: number
  toNumber(): number
}

/** Fields that the wire left out have their defaults. */
interface Contents {
  readonly bool_contents: readonly boolean[]
  readonly int_contents: readonly number[]
  readonly int64_contents: readonly Long[]
  readonly uint_contents: readonly number[]
  readonly uint64_contents: readonly Long[]
  readonly fp32_contents: readonly number[]
  readonly fp64_contents: readonly number[]
  readonly bytes_contents: readonly Buffer[]
}

type Parameter = Readonly<Record<string, boolean | number | string | Long | undefined>>
type Parameters = Readonly<Record<string, Parameter>>

export interface InferMessage {
  readonly model_name: string
  readonly model_version: string
  readonly id: string
  readonly parameters: Parameters
  readonly inputs: readonly {
    readonly name: string
    readonly datatype: string
    readonly shape: readonly Long[]
    readonly parameters: Parameters
    readonly contents: Contents | null
  }[]
  readonly outputs: readonly { readonly name: string; readonly parameters: Parameters }[]
  /** Views into the message. */
  readonly raw_input_contents: readonly Buffer[]
}

export interface InferReply {
  readonly model_name: string
  readonly model_version: string
  readonly id: string
  readonly outputs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }[]
  /** Views of the tensors. */
  readonly raw_output_contents: readonly Uint8Array[]
}

/**
 * ModelInfer of the Open Inference Protocol. Tensors come as bytes or as typed contents, and are answered as bytes.
 *
 * @see https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
 */
export const v2GrpcCodec: Codec<InferMessage, V2Request, InferReply> = {
  decode(message, model) {
    const raw = message.raw_input_contents
    if (raw.length > 0 && raw.length !== message.inputs.length) {
      throw invalid('raw_input_contents', `expected one for each of ${message.inputs.length} inputs, got ${raw.length}`)
    }
    const envelope = {
      id: message.id === '' ? undefined : message.id,
      parameters: toValues(message.parameters),
      outputs: message.outputs.map(({ name, parameters }) => ({ name, parameters: toValues(parameters) })),
    }
    const inputs = message.inputs.map((input) => ({
      name: input.name,
      datatype: input.datatype,
      shape: input.shape.map((size) => size.toNumber()),
    }))
    const read: ReadTensor = (_input, { dataType }, shape, path, index) =>
      toTensor(message.inputs[index]!, raw[index], dataType, shape, path)
    return toRequest(readInputs(inputs, read, model), envelope, model)
  },
  encode({ outputs }, { id = '', requested }, model) {
    const answers = answersOf(outputs, requested, model)
    return {
      model_name: model.name,
      model_version: model.version,
      id,
      outputs: answers.map(({ name, tensor: { dataType, shape } }) => ({ name, datatype: V2_NAMES[dataType], shape })),
      raw_output_contents: answers.map(({ tensor }) => toBytes(tensor)),
    }
  },
}

/** Undefined where there are none, as for most. */
function toValues(parameters: Parameters): Record<string, unknown> | undefined {
  const keys = Object.keys(parameters)
  if (keys.length === 0) return undefined
  return Object.fromEntries(keys.map((key) => [key, toValue(Object.values(parameters[key]!)[0])]))
}

function toValue(value: Parameter[string]): unknown {
  return typeof value === 'object' ? value.toNumber() : value
}

function toTensor(
  input: InferMessage['inputs'][number],
  raw: Buffer | undefined,
  dataType: DataType,
  shape: readonly number[],
  path: string,
): Tensor {
  checkSharedMemory(parametersOf(toValues(input.parameters), `${path}.parameters`), path)
  const { contents } = input
  if (raw === undefined) return fromContents(contents, dataType, shape, `${path}.contents`)
  if (contents) throw invalid(`${path}.contents`, 'expected either contents or raw_input_contents, got both')
  return fromBytes(raw, dataType, shape, path)
}

type Field = keyof Contents

const FIELDS: Readonly<Record<DataType, Field | undefined>> = {
  bool: 'bool_contents',
  uint8: 'uint_contents',
  uint16: 'uint_contents',
  uint32: 'uint_contents',
  uint64: 'uint64_contents',
  int8: 'int_contents',
  int16: 'int_contents',
  int32: 'int_contents',
  int64: 'int64_contents',
  float16: undefined,
  float32: 'fp32_contents',
  float64: 'fp64_contents',
  string: 'bytes_contents',
}

/**
 * Reads typed contents into a tensor of exactly this shape.
 *
 * @throws ServingError INVALID_INPUT when they stand in another field, are too few or many, or the type cannot hold one.
 */
function fromContents(contents: Contents | null, dataType: DataType, shape: readonly number[], path: string): Tensor {
  const field = FIELDS[dataType]
  if (!field) throw invalid(path, `${V2_NAMES[dataType]} has no contents: send it in raw_input_contents`)
  for (const [other, given] of Object.entries(contents ?? {})) {
    if (other === field || !Array.isArray(given) || given.length === 0) continue
    throw invalid(path, `${V2_NAMES[dataType]} stands in ${field}, got ${other}`)
  }
  const values = contents?.[field] ?? []
  if (values.length !== elementCount(shape)) throw invalid(path, countProblem(shape, values.length))
  return { dataType, shape, data: READERS[field](values as never, dataType, path) }
}

/** What each field becomes. The numbers of protocol buffers are checked already, but for those of fewer than 32 bits. */
const READERS: Readonly<{
  [F in Field]: (values: Contents[F], dataType: DataType, path: string) => TensorData
}> = {
  bool_contents: (values) => Uint8Array.from(values, Number),
  int_contents: checked,
  uint_contents: checked,
  int64_contents: (values) => new BigInt64Array(toHalves(values).buffer),
  uint64_contents: (values) => new BigUint64Array(toHalves(values).buffer),
  // NaN and the infinities are values like others here.
  fp32_contents: (values) => Float32Array.from(values),
  fp64_contents: (values) => Float64Array.from(values),
  bytes_contents: (values, _dataType, path) => values.map((bytes, index) => readString(bytes, `${path}[${index}]`)),
}

function checked(values: readonly number[], dataType: DataType, path: string): TensorData {
  const data = DATA_TYPES[dataType].allocate(values.length)
  for (const [index, value] of values.entries()) {
    const problem = ELEMENT_WRITERS[dataType](data, index, value)
    if (problem) throw invalid(`${path}[${index}]`, problem)
  }
  return data
}

/** Little-endian, as every machine is that ONNX Runtime is built for. */
function toHalves(values: readonly Long[]): Int32Array<ArrayBuffer> {
  const halves = new Int32Array(values.length * 2)
  for (const [index, { low, high }] of values.entries()) {
    halves[2 * index] = low
    halves[2 * index + 1] = high
  }
  return halves
}
