import type { ModelView } from '../core/model-view.ts'
import { hasBatchAxis } from '../core/signature.ts'
import { splitTensor } from '../core/tensor.ts'
import type { Tensors } from '../core/tensor.ts'
import type { Codec } from './codec.ts'
import type { CsvHeader } from './csv.ts'
import { checkText, parseJson } from './json.ts'
import { predictCodec } from './predict.ts'
import type { PredictRequest } from './predict.ts'
import { toOutputsJson, toPredictionsJson } from './predictions.ts'
import { warningsJson } from './value-ranges.ts'

/** How a body is written, and an answer. */
export type V1Format = 'json' | 'csv' | 'lines'

export interface V1Body {
  readonly bytes: Buffer
  readonly format: V1Format
  /** Whether CSV has one, where that is told. */
  readonly csvHeader: CsvHeader | undefined
  /** What the client takes, the preferred first. */
  readonly accepts: readonly V1Format[]
  /** Posted where MLflow's and SageMaker's clients post: every row gets a prediction, also those that stand in `inputs`. */
  readonly isScoring: boolean
}

export interface V1Request extends PredictRequest {
  /** How it is answered; undefined where the client takes nothing that can carry the answer. */
  readonly accept: V1Format | undefined
}

// What TensorFlow Serving, Vertex AI and MLflow know beside the data, and no model here takes.
const PASSED_OVER = ['parameters', 'signature_name', 'params', 'client_request_id']

/**
 * The V1 protocol of TensorFlow Serving and KServe, as Vertex AI, MLflow and SageMaker speak it as well: instances row by
 * row are answered with `{"predictions": [one each]}`, inputs column by column with `{"outputs": …}`, but where MLflow's
 * clients post: these are answered by rows too. CSV may lack its header there. JSON lines have a record or row each.
 *
 * @see https://www.tensorflow.org/tfx/serving/api_rest
 */
export const v1Codec: Codec<V1Body, V1Request, string> = {
  decode({ bytes, format, csvHeader, accepts, isScoring }, model) {
    const isCsv = format === 'csv'
    const body = format === 'lines' ? joinLines(bytes, isScoring) : bytes
    const given = {
      bytes: body,
      isCsv,
      // SageMaker's clients send none, and do not say so.
      csvHeader: csvHeader ?? (isScoring ? 'sought' : 'present'),
      isScoring,
      passedOver: PASSED_OVER,
    } as const
    const { inputs, outputs, form, warnings } = predictCodec.decode(given, model)
    // Lines have a prediction each; tensors have none.
    const accept = accepts.find((each) => each === 'json' || form === 'predictions')
    return { inputs, outputs, form, warnings, accept }
  },
  encode({ outputs }, { form, accept, warnings }, model) {
    if (form === 'outputs') return `{"outputs":${outputsJson(outputs, model)}${warningsJson(warnings)}}`
    if (accept === 'json') return `{"predictions":${toPredictionsJson(outputs, model)}${warningsJson(warnings)}}`
    // Read again below, so it must be JSON.
    const view: ModelView = { ...model, jsonNan: model.jsonNan === 'bare' ? 'string' : model.jsonNan }
    const write = accept === 'csv' ? toCsv : toJson
    let text = ''
    for (const some of sliceRows(outputs, model)) {
      const values = parseJson(toPredictionsJson(some, view), true) as unknown[]
      for (const value of values) text += `${write(value)}\n`
    }
    return text
  },
}

// The objects of so many rows take little memory.
const SLICE_ROWS = 1000

/** The outputs of some rows after the other; all at once where they may not have a row for each of the batch. */
function sliceRows(outputs: Tensors, { signature }: ModelView): Tensors[] {
  const [first] = outputs.values()
  const rows = hasBatchAxis(signature) ? (first?.shape[0] ?? 0) : 1
  if (rows <= SLICE_ROWS || ![...outputs.values()].every(({ shape }) => shape[0] === rows)) return [outputs]
  const counts = Array.from({ length: Math.ceil(rows / SLICE_ROWS) }, (_, at) => {
    return Math.min(SLICE_ROWS, rows - at * SLICE_ROWS)
  })
  const parts = Array.from(outputs, ([name, tensor]) => [name, splitTensor(tensor, counts)] as const)
  return counts.map((_, at) => new Map(parts.map(([name, tensors]) => [name, tensors[at]!])))
}

/** The tensor alone where there is one. */
function outputsJson(outputs: Parameters<typeof toOutputsJson>[0], model: ModelView): string {
  const json = toOutputsJson(outputs, model)
  const [only, second] = model.signature.outputs
  return only && !second
    ? json.slice(`{${JSON.stringify(model.fileNames.get(only.name) ?? only.name)}:`.length, -1)
    : json
}

/**
 * One array of all lines, each of which is a value by itself; an empty one is none.
 *
 * @throws ServingError INVALID_INPUT that names the line.
 */
function joinLines(bytes: Buffer, takesNan: boolean): Buffer {
  checkText(bytes)
  const values: string[] = []
  for (const [index, line] of bytes.toString().split('\n').entries()) {
    if (line.trim() === '') continue
    parseJson(line, false, takesNan ? 'null' : undefined, `line ${index + 1}`)
    values.push(line)
  }
  return Buffer.from(`[${values.join(',')}]`)
}

/** The label of a classifier, or the numbers, separated by commas. */
function toCsv(value: unknown): string {
  if (Array.isArray(value)) return value.map(toCsv).join(',')
  if (typeof value === 'object' && value !== null) {
    return toCsv('label' in value ? value.label : Object.values(value))
  }
  if (value === null) return ''
  const text = typeof value === 'string' ? value : toJson(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** As JSON.stringify, but for integers that only a bigint holds. */
function toJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}:${toJson(each)}`)
    .join(',')}}`
}
