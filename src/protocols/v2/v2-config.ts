import type { ModelView } from '../../core/model-view.ts'
import type { TensorSpec } from '../../core/signature.ts'
import { PLATFORM } from './v2-metadata.ts'
import { outputNameOf } from './v2-outputs.ts'
import { V2_NAMES } from './v2-tensors.ts'

// The numbers of channels of pictures: gray, color, and color with transparency.
const CHANNELS = new Set([1, 3, 4])

/**
 * Makes the answer to `GET /v2/models/{name}/config`. It has every field of Triton. A field without a meaning here has the
 * default of Triton. A free axis 0 is the batch.
 *
 * @param maxBatchSize The maximum number of rows in one run. 1 if requests are not joined.
 * @see Triton, model_config.proto and docs/protocol/extension_model_configuration.md
 */
export function v2Config(model: ModelView, maxBatchSize: number): object {
  const { inputs, outputs } = model.signature
  const isBatched = inputs.length > 0 && inputs.every(({ shape }) => shape[0] === -1)
  return {
    name: model.name,
    platform: PLATFORM,
    backend: 'onnxruntime',
    runtime: '',
    version_policy: { all: {} },
    max_batch_size: isBatched ? model.maxRows : 0,
    input: inputs.map((spec) => toInput(spec, isBatched)),
    output: outputs.map((spec) => ({
      ...toTensorConfig(spec, outputNameOf(spec, model), isBatched),
      label_filename: '',
      is_shape_tensor: false,
      is_non_linear_format_io: false,
    })),
    batch_input: [],
    batch_output: [],
    optimization: OPTIMIZATION,
    ...(maxBatchSize > 1 && { dynamic_batching: { ...DYNAMIC_BATCHING, preferred_batch_size: [maxBatchSize] } }),
    instance_group: [],
    default_model_filename: '',
    cc_model_filenames: {},
    metric_tags: {},
    parameters: {},
    model_warmup: [],
    model_transaction_policy: { decoupled: false },
  }
}

const OPTIMIZATION = {
  priority: 'PRIORITY_DEFAULT',
  input_pinned_memory: { enable: false },
  output_pinned_memory: { enable: false },
  gather_kernel_buffer_threshold: 0,
  eager_batching: false,
}

const DYNAMIC_BATCHING = {
  max_queue_delay_microseconds: 0,
  preserve_ordering: false,
  priority_levels: 0,
  default_priority_level: 0,
  priority_queue_policy: {},
}

function toInput(spec: TensorSpec, isBatched: boolean): object {
  const tensor = toTensorConfig(spec, spec.name, isBatched)
  return {
    ...tensor,
    format: formatOf(tensor.dims),
    is_shape_tensor: false,
    allow_ragged_batch: false,
    optional: false,
    is_non_linear_format_io: false,
  }
}

function toTensorConfig(spec: TensorSpec, name: string, isBatched: boolean) {
  const type = spec.dataType === 'string' ? 'STRING' : V2_NAMES[spec.dataType]
  return { name, data_type: `TYPE_${type}`, dims: isBatched ? spec.shape.slice(1) : spec.shape }
}

/** Finds the format of a picture. The image client of Triton refuses a model whose config does not have it. */
function formatOf(dims: readonly number[]): string {
  if (dims.length !== 3) return 'FORMAT_NONE'
  if (CHANNELS.has(dims[0]!)) return 'FORMAT_NCHW'
  return CHANNELS.has(dims[2]!) ? 'FORMAT_NHWC' : 'FORMAT_NONE'
}
