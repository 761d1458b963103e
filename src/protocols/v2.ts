import { DATA_TYPES } from '../core/datatypes.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Codec } from './codec.ts'
import { isRecord } from './feature-rows.ts'
import { checkText, countKeys, parseJson, reportDuplicateKeys } from './json.ts'
import { flatJson } from './element-json.ts'
import { Problems, invalid, show } from './problems.ts'
import { decodeInputs, decodeRawInput } from './v2-inputs.ts'
import { answersOf, toRequest, warningsText } from './v2-request.ts'
import type { V2Request } from './v2-request.ts'
import { V2_NAMES, toBytes } from './v2-tensors.ts'
// The Open Inference Protocol, version 2, with Triton's extensions for binary data, raw requests and classification.
// @see https://github.com/kserve/open-inference-protocol
// @see https://github.com/triton-inference-server/server/tree/main/docs/protocol

export interface V2Body {
  readonly bytes: Buffer
  /** Inference-Header-Content-Length: how many of the bytes are JSON; all without it, none in a raw request. */
  readonly jsonBytes?: number | undefined
}

/** The JSON of an answer, and the bytes of each binary output behind it, which may be empty; none where all are JSON. */
export interface V2Reply {
  readonly json: string
  readonly binary: readonly Uint8Array[]
}

const NO_BYTES = Buffer.alloc(0)
/** What a raw request would say if it had any JSON. */
const RAW = { parameters: { binary_data_output: true } }

export const v2Codec: Codec<V2Body, V2Request, V2Reply> = {
  decode({ bytes, jsonBytes }, model) {
    if (jsonBytes === 0) return toRequest(decodeRawInput(bytes, model), RAW, model)
    if (jsonBytes !== undefined && jsonBytes > bytes.length) {
      throw invalid('', `Inference-Header-Content-Length is ${jsonBytes}, but the body has ${bytes.length} bytes`)
    }
    const head = jsonBytes === undefined ? bytes : bytes.subarray(0, jsonBytes)
    checkText(head)
    const text = head.toString()
    const body = parseJson(
      text,
      model.signature.inputs.some(({ dataType }) => DATA_TYPES[dataType].kind === 'integer'),
      model.jsonNan === 'bare' ? 'object' : undefined,
    )
    if (!isRecord(body)) throw invalid('', `expected an object with "inputs", got ${show(body)}`)
    if (countKeys(text) !== keysOf(body)) refuseDuplicateKeys(text)
    const binary = jsonBytes === undefined ? NO_BYTES : bytes.subarray(jsonBytes)
    return toRequest(decodeInputs(body['inputs'], binary, model), body, model)
  },
  encode({ outputs }, { id, requested, warnings }, model) {
    const binary: Uint8Array[] = []
    const answers = answersOf(outputs, requested, model).map(({ name, tensor, isBinary }) => {
      const head = `{"name":${JSON.stringify(name)},"shape":[${tensor.shape.join(',')}],"datatype":"${V2_NAMES[tensor.dataType]}"`
      if (!isBinary) {
        checkJson(tensor, name)
        return `${head},"data":${flatJson(tensor, model)}}`
      }
      const bytes = toBytes(tensor)
      binary.push(bytes)
      return `${head},"parameters":{"binary_data_size":${bytes.length}}}`
    })
    const given = id === undefined ? '' : `,"id":${JSON.stringify(id)}`
    const parameters = warnings ? `,"parameters":${JSON.stringify({ warnings: warningsText(warnings) })}` : ''
    const head = `{"model_name":${JSON.stringify(model.name)},"model_version":${JSON.stringify(model.version)}${given}`
    return { json: `${head}${parameters},"outputs":[${answers.join(',')}]}`, binary }
  },
}

/** How many keys a request has outside of its data. */
function keysOf(body: Record<string, unknown>): number {
  let count = keysIn(body) + keysIn(body['parameters'])
  for (const tensors of [body['inputs'], body['outputs']]) {
    if (!Array.isArray(tensors)) continue
    for (const tensor of tensors as unknown[]) {
      if (isRecord(tensor)) count += keysIn(tensor) + keysIn(tensor['parameters'])
    }
  }
  return count
}

function keysIn(value: unknown): number {
  return isRecord(value) ? Object.keys(value).length : 0
}

/** @throws ServingError INVALID_INPUT, but where the keys that were too many are only in places where none belong. */
function refuseDuplicateKeys(text: string): void {
  const problems = new Problems()
  reportDuplicateKeys(text, problems)
  if (!problems.isEmpty) throw problems.toError()
}

function checkJson({ dataType }: Tensor, name: string): void {
  if (dataType === 'float16') throw invalid(`outputs.${name}`, 'FP16 has no form in JSON: ask for binary data')
}
