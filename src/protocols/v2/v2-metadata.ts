import type { ModelView } from '../../core/model-view.ts'
import type { TensorSpec } from '../../core/signature.ts'
import { outputNameOf } from './v2-outputs.ts'
import { V2_NAMES } from './v2-tensors.ts'

// The name of this runtime for perf_analyzer and other tools.
export const PLATFORM = 'onnxruntime_onnx'

/** Makes the answer to `GET /v2/models/{name}`. @param versions All served versions, as strings. */
export function v2Metadata(model: ModelView, versions: readonly string[]): object {
  const { inputs, outputs } = model.signature
  return {
    name: model.name,
    versions,
    platform: PLATFORM,
    inputs: inputs.map((spec) => toTensorMetadata(spec, spec.name)),
    outputs: outputs.map((spec) => toTensorMetadata(spec, outputNameOf(spec, model))),
  }
}

function toTensorMetadata({ dataType, shape }: TensorSpec, name: string): object {
  return { name, datatype: V2_NAMES[dataType], shape }
}
