import type { Codec } from '../codec.ts'
import type { CsvHeader } from '../tabular/csv.ts'
import { checkUtf8, parseJson } from '../../json/parse-json.ts'
import { predictCodec } from '../predict/predict.ts'
import type { PredictRequest } from '../predict/predict.ts'
import { toOutputs, toPredictions } from '../predict/predictions.ts'
import { csvRow, jsonRow } from '../predict/row-text.ts'
import type { Part } from '../predict/row-values.ts'
import { toTextAnswer } from '../text-answer.ts'
import type { TextAnswer } from '../text-answer.ts'
import { warningsJson } from '../tabular/check-ranges.ts'

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
export const v1Codec: Codec<V1Body, V1Request, TextAnswer> = {
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
    const end = `${warningsJson(warnings)}}`
    if (form === 'outputs') {
      const frame = { head: '{"outputs":', between: ',', tail: end }
      return toTextAnswer({ row: jsonRow(aloneWhereOne(toOutputs(outputs, model))), rows: 1, frame }, outputs, model)
    }
    if (accept === 'json') {
      const { row, rows } = toPredictions(outputs, model)
      const frame = { head: '{"predictions":[', between: ',', tail: `]${end}` }
      return toTextAnswer({ row: jsonRow(row), rows, frame }, outputs, model)
    }
    // A bare NaN is no JSON, which every line is, and cells of CSV are made of.
    const { row, rows } = toPredictions(outputs, {
      ...model,
      jsonNan: model.jsonNan === 'bare' ? 'string' : model.jsonNan,
    })
    const frame = { head: '', between: '\n', tail: rows === 0 ? '' : '\n' }
    return toTextAnswer({ row: accept === 'csv' ? csvRow(row) : jsonRow(row), rows, frame }, outputs, model)
  },
}

/** The tensor alone where there is one. */
function aloneWhereOne(outputs: ReturnType<typeof toOutputs>): Part {
  const [only, second] = outputs.members
  return only && !second ? only[1] : outputs
}

/**
 * One array of all lines, each of which is a value by itself; an empty one is none.
 *
 * @throws ServingError INVALID_INPUT that names the line.
 */
function joinLines(bytes: Buffer, takesNan: boolean): Buffer {
  checkUtf8(bytes)
  const values: string[] = []
  for (const [index, line] of bytes.toString().split('\n').entries()) {
    if (line.trim() === '') continue
    parseJson(line, { bareAs: takesNan ? 'null' : undefined, line: `line ${index + 1}` })
    values.push(line)
  }
  return Buffer.from(`[${values.join(',')}]`)
}
