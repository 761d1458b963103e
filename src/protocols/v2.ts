import type { InferenceRequest } from '../core/inference.ts'
import type { ModelView } from '../core/model-view.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Codec } from './codec.ts'
import { isRecord } from './feature-rows.ts'
import { checkText, parseJson } from './json.ts'
import { flatJson } from './predictions.ts'
import { invalid, show } from './problems.ts'
import { classify } from './v2-classification.ts'
import { decodeInputs, decodeRawInput } from './v2-inputs.ts'
import { decodeOutputs } from './v2-outputs.ts'
import type { RequestedOutput } from './v2-outputs.ts'
import { parametersOf } from './v2-parameters.ts'
import { V2_NAMES, toBytes } from './v2-tensors.ts'
// The Open Inference Protocol, version 2, with Triton's extensions for binary data, raw requests and classification.
// @see https://github.com/kserve/open-inference-protocol
// @see https://github.com/triton-inference-server/server/tree/main/docs/protocol

export interface V2Body {
  readonly bytes: Buffer
  /** Inference-Header-Content-Length: how many of the bytes are JSON; all without it, none in a raw request. */
  readonly jsonBytes?: number | undefined
}

export interface V2Request extends InferenceRequest {
  readonly id?: string
  readonly requested: readonly RequestedOutput[]
  /** How long the request may wait, in microseconds. */
  readonly timeoutUs?: number
}

/** The JSON of an answer, and the bytes of its binary outputs behind it; none where all are JSON. */
export interface V2Reply {
  readonly json: string
  readonly binary: readonly Uint8Array[]
}

export const v2Codec: Codec<V2Body, V2Request, V2Reply> = {
  decode({ bytes, jsonBytes }, model) {
    if (jsonBytes === 0)
      return { inputs: decodeRawInput(bytes, model), requested: decodeOutputs(undefined, true, model) }
    if (jsonBytes !== undefined && jsonBytes > bytes.length) {
      throw invalid('', `Inference-Header-Content-Length is ${jsonBytes}, but the body has ${bytes.length} bytes`)
    }
    const head = bytes.subarray(0, jsonBytes)
    checkText(head)
    const body = parseJson(
      head.toString(),
      model.signature.inputs.some(({ dataType }) => dataType.endsWith('int64')),
    )
    if (!isRecord(body)) throw invalid('', `expected an object with "inputs", got ${show(body)}`)
    return decodeBody(body, jsonBytes === undefined ? Buffer.alloc(0) : bytes.subarray(jsonBytes), model)
  },
  encode({ outputs }, { id, requested }, model) {
    const binary: Uint8Array[] = []
    const answers = requested.map(({ spec, name, isBinary, classes }) => {
      const tensor = outputs.get(spec.name)!
      const answered = classes === undefined ? tensor : classify(tensor, classes, model)
      const head = `{"name":${JSON.stringify(name)},"shape":[${answered.shape.join(',')}],"datatype":"${V2_NAMES[answered.dataType]}"`
      if (!isBinary) {
        checkJson(answered, name)
        return `${head},"data":${flatJson(answered)}}`
      }
      const bytes = toBytes(answered)
      binary.push(bytes)
      return `${head},"parameters":{"binary_data_size":${bytes.length}}}`
    })
    const given = id === undefined ? '' : `,"id":${JSON.stringify(id)}`
    const head = `{"model_name":${JSON.stringify(model.name)},"model_version":${JSON.stringify(model.version)}${given}`
    return { json: `${head},"outputs":[${answers.join(',')}]}`, binary }
  },
}

function checkJson({ dataType }: Tensor, name: string): void {
  if (dataType === 'float16') throw invalid(`outputs.${name}`, 'FP16 has no form in JSON: ask for binary data')
}

function decodeBody(body: Record<string, unknown>, binary: Buffer, model: ModelView): V2Request {
  const { id, inputs, outputs, parameters } = body
  if (id !== undefined && typeof id !== 'string') throw invalid('id', `expected a string, got ${show(id)}`)
  const given = parametersOf(parameters, 'parameters')
  const requested = decodeOutputs(outputs, given['binary_data_output'] === true, model)
  const isPart = requested.length < model.signature.outputs.length
  return {
    inputs: decodeInputs(inputs, binary, model),
    requested,
    ...(isPart && { outputs: [...new Set(requested.map(({ spec }) => spec.name))] }),
    ...(id !== undefined && { id }),
    ...timeoutOf(given),
    ...priorityOf(given),
  }
}

function timeoutOf({ timeout }: Record<string, unknown>): { timeoutUs?: number } {
  if (timeout === undefined || timeout === 0) return {}
  if (Number.isSafeInteger(timeout) && (timeout as number) > 0) return { timeoutUs: timeout as number }
  throw invalid('parameters.timeout', `expected microseconds, got ${show(timeout)}`)
}

/** 1 is the highest; 0, and none, the lowest. */
function priorityOf({ priority }: Record<string, unknown>): { priority?: number } {
  if (priority === undefined || priority === 0) return {}
  if (Number.isSafeInteger(priority) && (priority as number) > 0) return { priority: priority as number }
  throw invalid('parameters.priority', `expected an integer from 0, got ${show(priority)}`)
}
