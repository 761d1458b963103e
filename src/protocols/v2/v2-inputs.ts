import { listNames } from '../../core/listing.ts'
import type { ModelView } from '../../core/model-view.ts'
import { formatShape, shapeProblem } from '../../core/signature.ts'
import type { TensorSpec } from '../../core/signature.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { show } from '../../json/error-texts.ts'
import { invalid } from '../../json/input-problems.ts'
import { isRecord } from '../../json/record.ts'
import { checkRowCount, checkSameRows } from '../tabular/row-limits.ts'
import { fromBytes } from './v2-binary-data.ts'
import { fromJson } from './v2-json-data.ts'
import { checkSharedMemory, parametersOf } from './v2-parameters.ts'
import { V2_NAMES } from './v2-tensors.ts'
import type { TensorHead } from './v2-tensors.ts'

// ONNX Runtime computes no tensor with more dimensions.
const MAX_RANK = 32

/** Makes the tensor of one input. Its head fits the model; its elements are still to be checked. */
export type ReadElements = (input: Record<string, unknown>, head: TensorHead, index: number) => Tensor

/**
 * Reads the member `inputs` of a request, over REST or gRPC.
 *
 * @throws ServingError INVALID_INPUT if an input is missing, unknown or given twice, or does not fit the model.
 */
export function readInputs(inputs: unknown, read: ReadElements, model: ModelView): Tensors {
  if (!Array.isArray(inputs)) throw invalid('inputs', `expected an array of tensors, got ${show(inputs)}`)
  const tensors = new Map<string, Tensor>()
  for (let index = 0; index < inputs.length; index++) {
    const input: unknown = inputs[index]
    const path = `inputs[${index}]`
    if (!isRecord(input)) throw invalid(path, `expected an object, got ${show(input)}`)
    const spec = specOf(input, path, model)
    if (tensors.has(spec.name)) throw invalid(`${path}.name`, `${show(spec.name)} is given twice`)
    const shape = decodeShape(input['shape'], spec, `${path}.shape`)
    checkMaxRows(shape, spec, `${path}.shape`, model)
    tensors.set(spec.name, read(input, { dataType: spec.dataType, shape, path }, index))
  }
  const missing = model.signature.inputs.find(({ name }) => !tensors.has(name))
  if (missing) throw invalid('inputs', `input ${show(missing.name)} is missing: expected ${formatSpec(missing)}`)
  checkSameRows(tensors, 'inputs', model.signature.inputs)
  return tensors
}

/**
 * Reads the inputs of a JSON request. The elements of an input are JSON, or bytes behind the JSON.
 *
 * @param binary The bytes of all binary inputs, end to end, in the order of the inputs.
 * @throws ServingError INVALID_INPUT as `readInputs`, or if there are too few or too many bytes.
 */
export function decodeInputs(inputs: unknown, binary: Buffer, model: ModelView): Tensors {
  let at = 0
  const tensors = readInputs(
    inputs,
    (input, head) => {
      const size = binarySize(input, binary.length - at, head.path)
      if (size === undefined) return fromJson(input['data'], head, model.jsonNan)
      at += size
      return fromBytes(binary.subarray(at - size, at), head)
    },
    model,
  )
  if (at < binary.length) throw invalid('', `${binary.length - at} bytes are left over behind the binary inputs`)
  return tensors
}

/** Finds the input of the model that an input of the request is for. */
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

/** Returns the number of bytes of an input. undefined if its elements are JSON. */
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
  if (!Array.isArray(shape)) throw invalid(path, `expected an array of sizes, got ${show(shape)}`)
  if (shape.length > MAX_RANK) throw invalid(path, `expected at most ${MAX_RANK} dimensions`)
  const wrong = shape.findIndex((size) => !Number.isSafeInteger(size) || (size as number) < 0)
  if (wrong >= 0) throw invalid(`${path}[${wrong}]`, `expected a size from 0, got ${show(shape[wrong])}`)
  const sizes = shape as number[]
  const problem = shapeProblem(spec, sizes)
  if (problem) throw invalid(path, problem)
  if (!Number.isSafeInteger(elementCount(sizes))) throw invalid(path, 'is larger than any tensor')
  return sizes
}

/** Checks the limit on rows, if axis 0 is the batch. */
export function checkMaxRows(shape: readonly number[], spec: TensorSpec, path: string, model: ModelView): void {
  if (spec.shape[0] === -1) checkRowCount(shape[0]!, path, model)
}

function formatSpec({ dataType, shape, freeNames }: TensorSpec): string {
  return `${V2_NAMES[dataType]} ${formatShape(shape, freeNames)}`
}
