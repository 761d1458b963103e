import { formatShape, shapeProblem } from '../../core/signature.ts'
import type { TensorSpec } from '../../core/signature.ts'
import { listNames } from '../../core/listing.ts'
import type { ModelView } from '../../core/model-view.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor } from '../../core/tensor.ts'
import { isRecord } from '../../json/record.ts'
import { invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'
import { checkSameRows } from '../tabular/row-limits.ts'
import { checkSharedMemory, parametersOf } from './v2-parameters.ts'
import { V2_NAMES, bytesPerElement, fromBytes, fromJson } from './v2-tensors.ts'

const MAX_RANK = 32

/** Makes the tensor of one input, whose name, datatype and shape fit the model. */
export type ReadTensor = (
  input: Record<string, unknown>,
  spec: TensorSpec,
  shape: readonly number[],
  path: string,
  index: number,
) => Tensor

/**
 * Reads the inputs of a request, wherever their elements stand.
 *
 * @throws ServingError INVALID_INPUT when one is missing, unknown, given twice, or does not fit.
 */
export function readInputs(inputs: unknown, read: ReadTensor, model: ModelView): Map<string, Tensor> {
  if (!Array.isArray(inputs)) throw invalid('inputs', `expected an array of tensors, got ${show(inputs)}`)
  const tensors = new Map<string, Tensor>()
  for (let index = 0; index < inputs.length; index++) {
    const input: unknown = inputs[index]
    const path = `inputs[${index}]`
    if (!isRecord(input)) throw invalid(path, `expected an object, got ${show(input)}`)
    const spec = specOf(input, path, model)
    if (tensors.has(spec.name)) throw invalid(`${path}.name`, `${show(spec.name)} is given twice`)
    const shape = decodeShape(input['shape'], spec, path)
    checkRows(shape, spec, path, model)
    tensors.set(spec.name, read(input, spec, shape, path, index))
  }
  const missing = model.signature.inputs.find(({ name }) => !tensors.has(name))
  if (missing) throw invalid('inputs', `input ${show(missing.name)} is missing: ${describe(missing)}`)
  checkSameRows(tensors, 'inputs', model.signature.inputs)
  return tensors
}

/**
 * Reads the inputs of a JSON request: JSON, or bytes that stand in `binary` end to end, in the order of the inputs.
 *
 * @throws ServingError INVALID_INPUT as `readInputs`, or when bytes are missing or left.
 */
export function decodeInputs(inputs: unknown, binary: Buffer, model: ModelView): Map<string, Tensor> {
  let at = 0
  const read: ReadTensor = (input, { dataType }, shape, path) => {
    const size = binarySize(input, binary.length - at, path)
    if (size === undefined) return fromJson(input['data'], dataType, shape, `${path}.data`, model.jsonNan)
    at += size
    return fromBytes(binary.subarray(at - size, at), dataType, shape, path)
  }
  const tensors = readInputs(inputs, read, model)
  if (at < binary.length) throw invalid('', `${binary.length - at} bytes are left over behind the binary inputs`)
  return tensors
}

function specOf(
  { name, datatype }: Record<string, unknown>,
  path: string,
  { signature, inputIndex }: ModelView,
): TensorSpec {
  const spec = typeof name === 'string' ? signature.inputs[inputIndex.find(name) ?? -1] : undefined
  if (!spec) {
    const names = listNames(signature.inputs.map((each) => each.name))
    throw invalid(`${path}.name`, `${show(name)} is no input of this model; it has ${names}`)
  }
  if (datatype === V2_NAMES[spec.dataType]) return spec
  throw invalid(`${path}.datatype`, `expected "${V2_NAMES[spec.dataType]}", got ${show(datatype)}`)
}

/** How many bytes are this input's; undefined when its elements are JSON. */
function binarySize(input: Record<string, unknown>, left: number, path: string): number | undefined {
  const parameters = parametersOf(input['parameters'], `${path}.parameters`)
  checkSharedMemory(parameters, path)
  const size = parameters['binary_data_size']
  if ((input['data'] === undefined) === (size === undefined)) {
    throw invalid(path, 'expected either "data" or the parameter "binary_data_size"')
  }
  if (size === undefined || (Number.isSafeInteger(size) && (size as number) >= 0 && (size as number) <= left)) {
    return size as number | undefined
  }
  throw invalid(`${path}.parameters.binary_data_size`, `${left} bytes are left, got ${show(size)}`)
}

function decodeShape(shape: unknown, spec: TensorSpec, path: string): number[] {
  if (!Array.isArray(shape)) throw invalid(`${path}.shape`, `expected an array of sizes, got ${show(shape)}`)
  if (shape.length > MAX_RANK) throw invalid(`${path}.shape`, `expected at most ${MAX_RANK} dimensions`)
  const wrong = shape.findIndex((size) => !Number.isSafeInteger(size) || (size as number) < 0)
  if (wrong >= 0) throw invalid(`${path}.shape[${wrong}]`, `expected a size from 0, got ${show(shape[wrong])}`)
  const sizes = shape as number[]
  const problem = shapeProblem(spec, sizes)
  if (problem) throw invalid(`${path}.shape`, problem)
  if (!Number.isSafeInteger(elementCount(sizes))) throw invalid(`${path}.shape`, 'is larger than any tensor')
  return sizes
}

function checkRows(shape: readonly number[], spec: TensorSpec, path: string, { maxRows }: ModelView): void {
  if (spec.shape[0] !== -1 || shape[0]! <= maxRows) return
  throw invalid(`${path}.shape`, `expected at most ${maxRows} rows in one request, got ${shape[0]}`)
}

/** Bytes alone: of one input, whose one free dimension follows from them; all outputs are answered as bytes. */
export function decodeRawInput(bytes: Buffer, model: ModelView): Map<string, Tensor> {
  const [spec, second] = model.signature.inputs
  if (!spec || second) throw invalid('', 'a raw request is for models of one input; describe several in JSON')
  const tensor =
    spec.dataType === 'string'
      ? rawString(bytes, spec)
      : fromBytes(bytes, spec.dataType, rawShape(bytes, spec), spec.name)
  checkRows(tensor.shape, spec, spec.name, model)
  return new Map([[spec.name, tensor]])
}

function rawString(bytes: Buffer, spec: TensorSpec): Tensor {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  const shape = spec.shape.map((size) => (size === -1 ? 1 : size))
  if (elementCount(shape) !== 1) throw invalid(spec.name, 'a raw request carries one string')
  return fromBytes(Buffer.concat([length, bytes]), 'string', shape, spec.name)
}

function rawShape(bytes: Buffer, { name, dataType, shape, freeNames }: TensorSpec): number[] {
  const free = shape.filter((size) => size === -1).length
  if (free > 1)
    throw invalid(name, `a raw request cannot tell the shape ${formatShape(shape, freeNames)}: describe it in JSON`)
  const known = elementCount(shape.map((size) => (size === -1 ? 1 : size))) * bytesPerElement(dataType)
  if (free === 1 && (known === 0 || bytes.length % known !== 0)) {
    throw invalid(
      name,
      `shape ${formatShape(shape, freeNames)} takes a multiple of ${known} bytes, got ${bytes.length}`,
    )
  }
  return shape.map((size) => (size === -1 ? bytes.length / known : size))
}

function describe({ dataType, shape, freeNames }: TensorSpec): string {
  return `expected ${V2_NAMES[dataType]} ${formatShape(shape, freeNames)}`
}
