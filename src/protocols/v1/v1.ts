import type { Codec } from '../codec.ts'
import type { CsvHeader } from '../tabular/csv.ts'
import { checkUtf8, parseJson } from '../../json/parse-json.ts'
import { decodeJsonBody, decodeRows } from '../predict/json-body.ts'
import type { BodyRules, DecodedBody } from '../predict/json-body.ts'
import { decodeTable, toPredictRequest } from '../predict/predict.ts'
import type { PredictRequest } from '../predict/predict.ts'
import { toOutputs, toPredictions } from '../predict/predictions.ts'
import { csvRow, jsonRow } from '../predict/row-text.ts'
import type { Part } from '../predict/row-values.ts'
import type { Reading } from '../reading.ts'
import { decodeColumns, isColumns } from '../tabular/named-columns.ts'
import { decodeNamedTensors } from '../tensors/named-tensors.ts'
import { toTextAnswer } from '../text-answer.ts'
import type { TextAnswer } from '../text-answer.ts'
import { warningsJson } from '../tabular/check-ranges.ts'

/** The format of a body or of an answer. */
export type V1Format = 'json' | 'csv' | 'lines'

export interface V1Body {
  readonly bytes: Buffer
  readonly format: V1Format
  /** The parameter `header` of the content-type, if it has one. */
  readonly csvHeader: CsvHeader | undefined
  /** The formats that the client accepts, the preferred first. */
  readonly accepts: readonly V1Format[]
  /** True for the routes of platforms, such as `/invocations`. Every row gets a prediction, also rows in `inputs`. */
  readonly isScoring: boolean
}

export interface V1Request extends PredictRequest {
  /** The format of the answer. undefined if the client accepts no format that can hold it. */
  readonly accept: V1Format | undefined
}

const V1_RULES: BodyRules = {
  // Members of TensorFlow Serving, Vertex AI and MLflow beside the data.
  ignored: ['parameters', 'signature_name', 'params', 'client_request_id'],
  bareAs: undefined,
  decodeInputs: (inputs, reading) => ({ inputs: decodeNamedTensors(inputs, reading), form: 'outputs' }),
}

// The client of MLflow writes a missing value as a bare NaN.
const SCORING_RULES: BodyRules = { ...V1_RULES, bareAs: 'null', decodeInputs: decodeScoredInputs }

/**
 * The V1 protocol of TensorFlow Serving and KServe. Vertex AI, Azure ML, MLflow and SageMaker use it as well.
 *
 * `instances` are answered with `{"predictions": […]}`, one for each instance. `inputs` are answered with `{"outputs": …}`.
 * On the routes of these platforms (`isScoring`), `inputs` get predictions too, and CSV may have no header. In JSON lines,
 * each line is a record or a row.
 *
 * @see https://www.tensorflow.org/tfx/serving/api_rest
 */
export const v1Codec: Codec<V1Body, V1Request, TextAnswer> = {
  decode({ bytes, format, csvHeader, accepts, isScoring }, model) {
    // The clients of SageMaker send no header, and no parameter that says so.
    const header = csvHeader ?? (isScoring ? 'sought' : 'present')
    const json = format === 'lines' ? joinLines(bytes, isScoring) : bytes
    const rules = isScoring ? SCORING_RULES : V1_RULES
    const body = format === 'csv' ? decodeTable(bytes, model, header) : decodeJsonBody(json, model, rules)
    const request = toPredictRequest(body, model)
    // A line of CSV or of JSON lines holds one prediction. Tensors cannot be written in lines.
    const accept = accepts.find((each) => each === 'json' || request.form === 'predictions')
    return { ...request, accept }
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
    // Lines must be valid JSON, and cells are made from valid JSON. A bare NaN is not valid.
    const { row, rows } = toPredictions(outputs, {
      ...model,
      jsonNan: model.jsonNan === 'bare' ? 'string' : model.jsonNan,
    })
    const frame = { head: '', between: '\n', tail: rows === 0 ? '' : '\n' }
    return toTextAnswer({ row: accept === 'csv' ? csvRow(row) : jsonRow(row), rows, frame }, outputs, model)
  },
}

/** Decodes `inputs` of the client of MLflow: rows, columns by name, or tensors by name. Each row gets a prediction. */
function decodeScoredInputs(inputs: unknown, reading: Reading): DecodedBody {
  // An array without rows is an empty tensor.
  if (Array.isArray(inputs) && inputs.length > 0) return decodeRows(inputs, 'inputs', reading)
  const isTable = isColumns(inputs, reading.model)
  const tensors = isTable ? decodeColumns(inputs, 'inputs', reading) : decodeNamedTensors(inputs, reading)
  return { inputs: tensors, form: 'predictions' }
}

/** Returns a single tensor without its name. */
function aloneWhereOne(outputs: ReturnType<typeof toOutputs>): Part {
  const [only, second] = outputs.members
  return only && !second ? only[1] : outputs
}

/**
 * Joins JSON lines to one array. Each line must be a complete value. Empty lines are ignored.
 *
 * @throws ServingError INVALID_INPUT that names the wrong line.
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
