import { readFileSync } from 'node:fs'
import { InferenceSession, Tensor as OrtTensor, env } from 'onnxruntime-node'
import { isDataType } from '../core/datatypes.ts'
import type { TensorData } from '../core/datatypes.ts'
import type { Signature, TensorSpec } from '../core/signature.ts'
import type { Tensor, Tensors } from '../core/tensor.ts'
import { applyEdits } from '../onnx/zipmap.ts'
import { findBadRow } from './bad-row.ts'
import { cleanMessage } from './error-messages.ts'
import type { ModelSource } from './runtime.ts'

// This file alone uses onnxruntime-node. Loading and running block the calling thread.

// The library prints messages of its own, for example about missing devices. They would not be JSON lines.
env.logLevel = 'fatal'

type ValueMetadata = InferenceSession.ValueMetadata

/** A session of ONNX Runtime, and the signature of its model. */
export interface OrtModel {
  readonly session: InferenceSession
  readonly signature: Signature
  readonly unsupportedOutputs: readonly string[]
}

type EditedFile = Pick<ModelSource, 'file' | 'edits'>

interface LoadOptions {
  /** Threads for one run. */
  readonly intraOpThreads: number
}

/**
 * Loads a model file.
 *
 * @throws Error whose message has no path except the name of the file.
 */
export async function loadModel(source: EditedFile, { intraOpThreads }: LoadOptions): Promise<OrtModel> {
  const session = await createSession(source, { intraOpNumThreads: intraOpThreads })
  const inputs = session.inputMetadata.map(toSpec)
  const outputs = session.outputMetadata.map(toSpec)
  const badInput = session.inputMetadata.find((_, index) => !inputs[index])
  if (badInput) throw new Error(`input "${badInput.name}" is of a type that cannot be served`)
  if (outputs.every((spec) => !spec)) throw new Error('none of its outputs is a tensor that can be served')
  return {
    session,
    signature: { inputs: inputs.filter(isDefined), outputs: outputs.filter(isDefined) },
    unsupportedOutputs: session.outputMetadata.filter((_, index) => !outputs[index]).map(({ name }) => name),
  }
}

/**
 * Writes an optimized copy of a model. Its weights are in a file beside it, in the order in which the kernels of this
 * processor read them. Processes that load the copy map the weights, so they share the memory.
 *
 * @throws Error as `loadModel`, or if the folder cannot be written.
 */
export async function saveOptimized(file: string, folder: string): Promise<void> {
  const session = await createSession(
    { file, edits: [] },
    {
      graphOptimizationLevel: 'extended',
      optimizedModelFilePath: `${folder}/model.onnx`,
    },
    {
      optimized_model_external_initializers_file_name: 'weights.bin',
      optimized_model_external_initializers_min_size_in_bytes: '1024',
      save_external_prepacked_constant_initializers: '1',
    },
  )
  await session.release()
}

/**
 * Computes the named outputs. Blocks the calling thread.
 *
 * @throws Error with the reason of the runtime, without paths. If one row of several is at fault, the reason begins with
 *   it: `rows[3]: `.
 */
export async function runModel(model: OrtModel, inputs: Tensors, outputs: readonly string[]): Promise<Tensors> {
  try {
    return await computeOnce(model, inputs, outputs)
  } catch (error) {
    const bad = await findBadRow(inputs, model.signature, (rows) => computeOnce(model, rows, outputs))
    throw bad ? new Error(`rows[${bad.row}]: ${bad.reason}`, { cause: error }) : error
  }
}

async function computeOnce(model: OrtModel, inputs: Tensors, outputs: readonly string[]): Promise<Tensors> {
  // Names come from the model. A name may be `__proto__`.
  const feeds = Object.create(null) as Record<string, OrtTensor>
  for (const [name, tensor] of inputs) feeds[name] = toOrt(tensor)
  try {
    const fetched = await model.session.run(feeds, outputs)
    return new Map(outputs.map((name) => [name, fromOrt(fetched[name] as OrtTensor)]))
  } catch (error) {
    throw new Error(cleanMessage(error), { cause: error })
  }
}

// ConstantSharing makes one tensor of equal constants. BatchNormalization in training mode writes into its mean and
// variance. If another parameter shared them, answers would change from run to run.
const OPTIMIZATION = { disable_specified_optimizers: 'ConstantSharing' }

async function createSession(
  { file, edits }: EditedFile,
  options: InferenceSession.SessionOptions,
  saved: Readonly<Record<string, string>> = {},
): Promise<InferenceSession> {
  const all: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    enableCpuMemArena: false,
    // A failed kernel throws, and also prints coloured text on stderr. Only fatal messages may be printed.
    logSeverityLevel: 4,
    ...options,
    // Otherwise the threads of a run spin while they wait, and take whole cores at low load.
    extra: { session: { intra_op: { allow_spinning: '0' }, ...saved }, optimization: OPTIMIZATION },
  }
  try {
    if (edits.length === 0) return await InferenceSession.create(file, all)
    return await InferenceSession.create(applyEdits(readFileSync(file), edits), all)
  } catch (error) {
    throw new Error(cleanMessage(error, file), { cause: error })
  }
}

function toSpec(value: ValueMetadata): TensorSpec | undefined {
  if (!value.isTensor || !isDataType(value.type)) return undefined
  // A free dimension is its symbolic name, or '' if it has none.
  const shape = value.shape.map((dimension) => (typeof dimension === 'number' && dimension >= 0 ? dimension : -1))
  const freeNames = value.shape.map((dimension) => (typeof dimension === 'string' && dimension ? dimension : undefined))
  const isNamed = freeNames.some(isDefined)
  return { name: value.name, dataType: value.type, shape, ...(isNamed && { freeNames }) }
}

function toOrt({ dataType, shape, data }: Tensor): OrtTensor {
  // Since Node 24, the class refuses float16 as bits. The native side takes a plain object on every version.
  if (dataType === 'float16') return { type: dataType, dims: shape, data, location: 'cpu' } as unknown as OrtTensor
  return new OrtTensor(dataType, data, shape)
}

function fromOrt(value: OrtTensor): Tensor {
  const dataType = value.type as Tensor['dataType']
  const data: TensorData = value.data
  // This is a Float16Array if the engine has this class, and raw bits if not. The core uses the bits.
  const isFloat16Array = dataType === 'float16' && !(data instanceof Uint16Array)
  return { dataType, shape: [...value.dims], data: isFloat16Array ? bitsOf(value.data as ArrayBufferView) : data }
}

function bitsOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength / 2)
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined
}
