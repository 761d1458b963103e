import type { InferenceRequest } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Codec } from '../codec.ts'
import { checkRanges, warningsJson } from '../tabular/check-ranges.ts'
import { checkTexts } from '../tabular/check-texts.ts'
import { decodeCsv } from '../tabular/csv.ts'
import type { CsvHeader } from '../tabular/csv.ts'
import { decodeNamedTensors } from '../tensors/named-tensors.ts'
import { toTextAnswer } from '../text-answer.ts'
import type { TextAnswer } from '../text-answer.ts'
import { decodeJsonBody } from './json-body.ts'
import type { BodyRules, DecodedBody } from './json-body.ts'
import { toOutputs, toPredictions } from './predictions.ts'
import { jsonRow } from './row-text.ts'
import { parseTop } from './top-classes.ts'

export interface PredictBody {
  readonly bytes: Buffer
  readonly isCsv: boolean
  readonly csvHeader?: CsvHeader | undefined
  /** The text of `?top=`, the number of classes to answer. */
  readonly top?: string | undefined
}

export interface PredictRequest extends InferenceRequest, DecodedBody {
  readonly top?: number | undefined
  /** Warnings for the client. */
  readonly warnings?: readonly string[] | undefined
}

const RULES: BodyRules = {
  ignored: [],
  bareAs: undefined,
  decodeInputs: (inputs, reading) => ({ inputs: decodeNamedTensors(inputs, reading), form: 'outputs' }),
}

/**
 * The protocol of this server. A request is one record, an array of rows or records, `{"instances": [rows or records]}`,
 * `dataframe_split` or `dataframe_records` of MLflow, or CSV with a header. The answer is `{"model", "version",
 * "predictions": […]}`, with one prediction for each row. `{"inputs": {"<tensor>": nested arrays}}` is answered with
 * `{"model", "version", "outputs": {…}}`.
 */
export const predictCodec: Codec<PredictBody, PredictRequest, TextAnswer> = {
  decode({ bytes, isCsv, csvHeader = 'present', top }, model) {
    const body = isCsv ? decodeTable(bytes, model, csvHeader) : decodeJsonBody(bytes, model, RULES)
    const request = toPredictRequest(body, model)
    return top === undefined ? request : { ...request, top: parseTop(top, model) }
  },
  encode({ outputs }, { form, top, warnings }, model) {
    const head = `{"model":${JSON.stringify(model.name)},"version":${JSON.stringify(model.version)}`
    const tail = `${warningsJson(warnings)}}`
    if (form === 'outputs') {
      const frame = { head: `${head},"outputs":`, between: ',', tail }
      return toTextAnswer({ row: jsonRow(toOutputs(outputs, model)), rows: 1, frame }, outputs, model)
    }
    const { row, rows } = toPredictions(outputs, model, top)
    const frame = { head: `${head},"predictions":[`, between: ',', tail: `]${tail}` }
    return toTextAnswer({ row: jsonRow(row), rows, frame }, outputs, model)
  },
}

/** Decodes CSV. Each of its rows gets a prediction. */
export function decodeTable(bytes: Buffer, model: ModelView, header: CsvHeader): DecodedBody {
  return { inputs: decodeCsv(bytes, model, header), form: 'predictions' }
}

/** Checks the texts and the usual ranges of the values, and chooses the outputs to compute. */
export function toPredictRequest({ inputs, form }: DecodedBody, model: ModelView): PredictRequest {
  checkTexts(inputs, model)
  // If all outputs are answered, none is listed. So requests of all forms can be joined.
  const isPart = form === 'predictions' && model.outputs.length < model.signature.outputs.length
  return {
    inputs,
    form,
    outputs: isPart ? model.outputs.map(({ tensor }) => tensor) : undefined,
    warnings: checkRanges(inputs, model),
  }
}
