import type { ModelView } from '../core/model-view.ts'
import type { TensorSpec } from '../core/signature.ts'
import { nameOf } from './v2-outputs.ts'
import { V2_NAMES } from './v2-tensors.ts'

// What perf_analyzer and others know models of this runtime by.
const PLATFORM = 'onnxruntime_onnx'

/** `GET /v2/models/{name}`. @param versions All that are served, as strings. */
export function v2Metadata(model: ModelView, versions: readonly string[]): object {
  const { inputs, outputs } = model.signature
  return {
    name: model.name,
    versions,
    platform: PLATFORM,
    inputs: inputs.map((spec) => toTensor(spec, spec.name)),
    outputs: outputs.map((spec) => toTensor(spec, nameOf(spec, model))),
  }
}

/** `GET /v2/models/{name}/config`: what clients of Triton read of it. Axis 0 is the batch where it is free. */
export function v2Config(model: ModelView, maxBatchSize: number): object {
  const { inputs, outputs } = model.signature
  const isBatched = inputs.length > 0 && inputs.every(({ shape }) => shape[0] === -1)
  const describe = (spec: TensorSpec, name: string): object => ({
    name,
    data_type: `TYPE_${spec.dataType === 'string' ? 'STRING' : V2_NAMES[spec.dataType]}`,
    dims: isBatched ? spec.shape.slice(1) : spec.shape,
  })
  return {
    name: model.name,
    platform: PLATFORM,
    backend: 'onnxruntime',
    max_batch_size: isBatched ? model.maxRows : 0,
    input: inputs.map((spec) => describe(spec, spec.name)),
    output: outputs.map((spec) => describe(spec, nameOf(spec, model))),
    ...(maxBatchSize > 1 && { dynamic_batching: { preferred_batch_size: [maxBatchSize] } }),
  }
}

function toTensor({ dataType, shape }: TensorSpec, name: string): object {
  return { name, datatype: V2_NAMES[dataType], shape }
}
