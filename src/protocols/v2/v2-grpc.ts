import type { Steps } from '../../core/steps.ts'
import type { Tensor } from '../../core/tensor.ts'
import type { Codec } from '../codec.ts'
import { invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'
import { fromContents } from './v2-grpc-contents.ts'
import type { InferMessage, InputMessage } from './v2-grpc-message.ts'
import { readInputs } from './v2-inputs.ts'
import type { ReadElements } from './v2-inputs.ts'
import { checkSharedMemory, parametersOf } from './v2-parameters.ts'
import { toAnswers } from './v2-answers.ts'
import { toRequest, warningsText } from './v2-request.ts'
import type { V2Request } from './v2-request.ts'
import { fromBytes, toBytes } from './v2-binary-data.ts'
import { V2_NAMES } from './v2-tensors.ts'
import type { TensorHead } from './v2-tensors.ts'

export interface GrpcRequest extends V2Request {
  /** True if the client wants the last answer marked. Models of other servers may answer several times. */
  readonly marksFinal?: boolean
}

export interface InferReply {
  readonly model_name: string
  readonly model_version: string
  readonly id: string
  readonly parameters?: Readonly<Record<string, { readonly bool_param: boolean } | { readonly string_param: string }>>
  readonly outputs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }[]
  /** Views of the output tensors. */
  readonly raw_output_contents: readonly Uint8Array[]
}

const ASKS_FINAL = 'triton_enable_empty_final_response'
const FINAL = { triton_final_response: { bool_param: true } }

/**
 * ModelInfer of the Open Inference Protocol. Inputs are bytes or typed contents. Outputs are bytes.
 *
 * @see https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
 */
export const v2GrpcCodec: Codec<InferMessage, GrpcRequest, Steps<InferReply>> = {
  decode(message, model) {
    const { id, inputs, outputs, parameters, rawInputs: raw } = message
    if (raw.length > 0 && raw.length !== inputs.length) {
      throw invalid('raw_input_contents', `expected one for each of ${inputs.length} inputs, got ${raw.length}`)
    }
    const read: ReadElements = (_input, head, index) => readInputTensor(inputs[index]!, raw[index], head)
    const envelope = { id: id === '' ? undefined : id, outputs, parameters }
    const asked = parameters?.[ASKS_FINAL]
    if (asked === undefined) return toRequest(readInputs(inputs, read, model), envelope, model)
    if (typeof asked !== 'boolean') {
      throw invalid(`parameters.${ASKS_FINAL}`, `expected true or false, got ${show(asked)}`)
    }
    // Other parameters with a name that Triton reserves are refused.
    const { [ASKS_FINAL]: _, ...others } = parameters!
    const request = toRequest(readInputs(inputs, read, model), { ...envelope, parameters: others }, model)
    return { ...request, marksFinal: asked }
  },
  *encode({ outputs }, { id = '', requested, marksFinal, warnings }, model) {
    const asBytes = requested.map((output) => ({ ...output, isBinary: true }))
    const { answers } = yield* toAnswers(outputs, asBytes, model)
    const contents: Uint8Array[] = []
    for (const { tensor } of answers) contents.push(yield* toBytes(tensor))
    const reply = {
      model_name: model.name,
      model_version: model.version,
      id,
      outputs: answers.map(({ name, tensor: { dataType, shape } }) => ({ name, datatype: V2_NAMES[dataType], shape })),
      raw_output_contents: contents,
    }
    if (!marksFinal && !warnings) return reply
    const parameters = {
      ...(marksFinal && FINAL),
      ...(warnings && { warnings: { string_param: warningsText(warnings) } }),
    }
    return { ...reply, parameters }
  },
}

function readInputTensor({ parameters, contents }: InputMessage, raw: Buffer | undefined, head: TensorHead): Tensor {
  const { path } = head
  checkSharedMemory(parametersOf(parameters, `${path}.parameters`), path)
  if (raw === undefined) return fromContents(contents ?? NO_BYTES, head)
  if (contents) throw invalid(`${path}.contents`, 'expected either contents or raw_input_contents, got both')
  return fromBytes(raw, head)
}

const NO_BYTES = Buffer.alloc(0)
