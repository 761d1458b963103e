import { DATA_TYPES } from '../../core/datatypes.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Steps } from '../../core/steps.ts'
import type { Tensor } from '../../core/tensor.ts'
import type { Codec } from '../codec.ts'
import { isRecord } from '../../json/record.ts'
import { mayHaveDuplicateKeys, reportDuplicateKeys } from '../../json/duplicate-keys.ts'
import { checkUtf8, parseJson } from '../../json/parse-json.ts'
import { InputProblems, invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'
import { decodeInputs } from './v2-inputs.ts'
import { decodeRawInput } from './v2-raw-input.ts'
import { jsonRow, writeRows } from '../predict/row-text.ts'
import { tensorValues } from '../predict/row-values.ts'
import { toAnswers } from './v2-answers.ts'
import type { Answer } from './v2-answers.ts'
import { toRequest, warningsText } from './v2-request.ts'
import type { V2Request } from './v2-request.ts'
import { toBytes } from './v2-binary-data.ts'
import { V2_NAMES } from './v2-tensors.ts'
// The Open Inference Protocol, version 2, with Triton's extensions for binary data, raw requests and classification.
// @see https://github.com/kserve/open-inference-protocol
// @see https://github.com/triton-inference-server/server/tree/main/docs/protocol

export interface V2Body {
  readonly bytes: Buffer
  /** Inference-Header-Content-Length, the number of bytes that are JSON. If absent, all are. In a raw request it is 0. */
  readonly jsonBytes?: number | undefined
}

/** The JSON of an answer, and the bytes of each binary output behind it. */
export interface V2Reply {
  /** Read it once, from first to last. */
  readonly json: Iterable<string>
  /** The data in this JSON takes at most this many bytes. Names and shapes are not counted. */
  readonly maxBytes: number
  readonly binary: readonly Uint8Array[]
}

const NO_BYTES = Buffer.alloc(0)
/** The JSON that a raw request stands for. */
const RAW = { parameters: { binary_data_output: true } }

export const v2Codec: Codec<V2Body, V2Request, Steps<V2Reply>> = {
  decode({ bytes, jsonBytes }, model) {
    if (jsonBytes === 0) return toRequest(decodeRawInput(bytes, model), RAW, model)
    if (jsonBytes !== undefined && jsonBytes > bytes.length) {
      throw invalid('', `Inference-Header-Content-Length is ${jsonBytes}, but the body has ${bytes.length} bytes`)
    }
    const head = jsonBytes === undefined ? bytes : bytes.subarray(0, jsonBytes)
    checkUtf8(head)
    const text = head.toString()
    const body = parseJson(text, {
      keepsIntegers: model.signature.inputs.some(({ dataType }) => DATA_TYPES[dataType].kind === 'integer'),
      bareAs: model.jsonNan === 'bare' ? 'object' : undefined,
    })
    if (!isRecord(body)) throw invalid('', `expected an object with "inputs", got ${show(body)}`)
    if (mayHaveDuplicateKeys(text, body)) refuseDuplicateKeys(text)
    const binary = jsonBytes === undefined ? NO_BYTES : bytes.subarray(jsonBytes)
    return toRequest(decodeInputs(body['inputs'], binary, model), body, model)
  },
  *encode({ outputs }, { id, requested, warnings }, model) {
    const { answers, maxBytes } = yield* toAnswers(outputs, requested, model)
    const binary: Uint8Array[] = []
    const heads: string[] = []
    for (const { name, tensor, isBinary } of answers) {
      if (!isBinary) checkJson(tensor, name)
      const head = `{"name":${JSON.stringify(name)},"shape":[${tensor.shape.join(',')}],"datatype":"${V2_NAMES[tensor.dataType]}"`
      if (isBinary) binary.push(yield* toBytes(tensor))
      heads.push(isBinary ? `${head},"parameters":{"binary_data_size":${binary.at(-1)!.length}}}` : head)
    }
    const given = id === undefined ? '' : `,"id":${JSON.stringify(id)}`
    const parameters = warnings ? `,"parameters":${JSON.stringify({ warnings: warningsText(warnings) })}` : ''
    const names = `{"model_name":${JSON.stringify(model.name)},"model_version":${JSON.stringify(model.version)}`
    const json = writeJson(`${names}${given}${parameters},"outputs":[`, heads, answers, model)
    const jsonBytes = maxBytes - binary.reduce((sum, { length }) => sum + length, 0)
    return { json, binary, maxBytes: jsonBytes }
  },
}

/** @param heads The JSON of each output before its data. If the data are binary, it is the complete JSON of the output. */
function* writeJson(
  start: string,
  heads: readonly string[],
  answers: readonly Answer[],
  model: ModelView,
): Generator<string, void> {
  let head = start
  for (const [index, { tensor, isBinary }] of answers.entries()) {
    head += index === 0 ? heads[index]! : `,${heads[index]}`
    if (isBinary) continue
    const data = jsonRow(tensorValues(tensor, [tensor.data.length], model))
    yield* writeRows(data, 1, { head: `${head},"data":`, between: '', tail: '}' })
    head = ''
  }
  yield `${head}]}`
}

/** @throws ServingError INVALID_INPUT with the paths of duplicate keys, if there are any. */
function refuseDuplicateKeys(text: string): void {
  const problems = new InputProblems()
  reportDuplicateKeys(text, problems)
  if (!problems.isEmpty) throw problems.toError()
}

function checkJson({ dataType }: Tensor, name: string): void {
  if (dataType === 'float16') throw invalid(`outputs.${name}`, 'FP16 has no form in JSON: ask for binary data')
}
