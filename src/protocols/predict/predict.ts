import { DATA_TYPES } from '../../core/datatypes.ts'
import type { InferenceRequest } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { Codec } from '../codec.ts'
import { decodeCsv } from '../tabular/csv.ts'
import type { CsvHeader } from '../tabular/csv.ts'
import { decodeSplit, noFeatures } from '../tabular/dataframe-split.ts'
import { decodeFeatureRows } from '../tabular/feature-rows.ts'
import { isRecord } from '../../json/record.ts'
import type { Reading } from '../reading.ts'
import { mayHaveDuplicateKeys, reportDuplicateKeys } from '../../json/duplicate-keys.ts'
import { checkUtf8, parseJson } from '../../json/parse-json.ts'
import { decodeColumns, isColumns } from '../tabular/named-columns.ts'
import { decodeNamedTensors, gatherByInput, isByInput } from '../tensors/named-tensors.ts'
import { decodeNested } from '../tensors/nested-arrays.ts'
import { readPlainRows } from '../tabular/plain-rows.ts'
import { toOutputs, toPredictions } from './predictions.ts'
import { InputProblems, invalid } from '../../json/input-problems.ts'
import { joinPath, show } from '../../json/error-texts.ts'
import { checkFixedRows, checkRows, inputsByRow } from '../tabular/row-limits.ts'
import { jsonRow } from './row-text.ts'
import { toTextAnswer } from '../text-answer.ts'
import type { TextAnswer } from '../text-answer.ts'
import { parseTop } from './top-classes.ts'
import { checkTexts } from '../tabular/check-texts.ts'
import { checkRanges, warningsJson } from '../tabular/check-ranges.ts'

export interface PredictBody {
  readonly bytes: Buffer
  readonly isCsv: boolean
  readonly csvHeader?: CsvHeader | undefined
  /** The text of `?top=`, the number of classes to answer. */
  readonly top?: string | undefined
  /** Members that are ignored beside `instances` and the other envelopes. */
  readonly passedOver?: readonly string[]
  /** True for bodies of scoring servers such as MLflow. Each row gets a prediction, and a bare NaN is a missing value. */
  readonly isScoring?: boolean
}

export interface PredictRequest extends InferenceRequest {
  /** The form of the answer: tensors if the request has tensors, else one prediction for each row. */
  readonly form: 'predictions' | 'outputs'
  readonly top?: number | undefined
  /** Warnings for the client. */
  readonly warnings?: readonly string[] | undefined
}

/** The content of a JSON body. */
type Decoded = Pick<PredictRequest, 'inputs' | 'form'>

/**
 * The protocol of this server. A request is one record, an array of records, `{"instances": [rows or records]}`,
 * `dataframe_split` or `dataframe_records` of MLflow, or CSV with a header. The answer is `{"model", "version",
 * "predictions": […]}`, with one prediction for each row. `{"inputs": {"<tensor>": nested arrays}}` is answered with
 * `{"model", "version", "outputs": {…}}`.
 */
export const predictCodec: Codec<PredictBody, PredictRequest, TextAnswer> = {
  decode({ bytes, isCsv, csvHeader = 'present', top, passedOver = [], isScoring = false }, model) {
    const { inputs, form } = isCsv
      ? { inputs: decodeCsv(bytes, model, csvHeader), form: 'predictions' as const }
      : decodeJson(bytes, model, passedOver, isScoring)
    checkTexts(inputs, model)
    // If all outputs are answered, none is listed. So requests of all forms can be joined.
    const isPart = form === 'predictions' && model.outputs.length < model.signature.outputs.length
    return {
      inputs,
      form,
      top: top === undefined ? undefined : parseTop(top, model),
      outputs: isPart ? model.outputs.map(({ tensor }) => tensor) : undefined,
      warnings: checkRanges(inputs, model),
    }
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

function decodeJson(body: Buffer, model: ModelView, passedOver: readonly string[], isScoring: boolean): Decoded {
  checkUtf8(body)
  const plain = model.features.length > 0 ? readPlainRows(body, model) : undefined
  if (plain) return { inputs: plain, form: 'predictions' }
  const text = body.toString()
  const value = parseJson(text, { keepsIntegers: hasIntegers(model), bareAs: isScoring ? 'null' : undefined })
  const problems = new InputProblems()
  const reading = { model, textLength: text.length, problems }
  const decoded = decodeValue(withoutMembers(value, passedOver, model), reading, isScoring)
  if (!problems.isEmpty || mayHaveDuplicateKeys(text, value)) reportDuplicateKeys(text, problems)
  if (!problems.isEmpty) throw problems.toError()
  return decoded
}

const ENVELOPES = ['instances', 'dataframe_records', 'dataframe_split', 'inputs']

function withoutMembers(value: unknown, names: readonly string[], { featureIndex }: ModelView): unknown {
  const isEnveloped = isRecord(value) && ENVELOPES.some((name) => Object.hasOwn(value, name) && !featureIndex.has(name))
  if (!isEnveloped || names.length === 0) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}

function hasIntegers({ signature, features }: ModelView): boolean {
  return (
    signature.inputs.some(({ dataType }) => DATA_TYPES[dataType].kind === 'integer') ||
    features.some(({ type }) => type === 'integer')
  )
}

function decodeValue(value: unknown, reading: Reading, isScoring: boolean): Decoded {
  const { model } = reading
  if (Array.isArray(value)) return decodeRows(value, '', reading)
  if (!isRecord(value)) throw invalid('', `expected a record, an array of records, or "instances", got ${show(value)}`)
  for (const member of ['instances', 'dataframe_records']) {
    if (!isEnvelope(value, member, model)) continue
    return decodeRows(value[member], member, reading)
  }
  if (isEnvelope(value, 'dataframe_split', model))
    return { inputs: decodeSplit(value['dataframe_split'], reading), form: 'predictions' }
  if (isEnvelope(value, 'inputs', model)) {
    const given = value['inputs']
    const scored = isScoring ? decodeScored(given, reading) : undefined
    if (scored) return { inputs: scored, form: 'predictions' }
    const inputs = decodeNamedTensors(given, reading)
    return { inputs, form: isScoring ? 'predictions' : 'outputs' }
  }
  if (model.features.length === 0) throw invalid('', `expected "instances" or "inputs": ${noFeatures(model)}`)
  checkFixedRows(1, '', model)
  const inputs = decodeFeatureRows([value], () => '', reading)
  return { inputs, form: 'predictions' }
}

/** Reads the rows, or columns by name, that the client of MLflow sends as `inputs`. @returns undefined for tensors by name. */
function decodeScored(inputs: unknown, reading: Reading): Tensors | undefined {
  // An array without rows is an empty tensor.
  if (Array.isArray(inputs) && inputs.length > 0) return decodeRows(inputs, 'inputs', reading).inputs
  return isColumns(inputs, reading.model) ? decodeColumns(inputs, 'inputs', reading) : undefined
}

/** True if a body is an envelope. If a feature has the name of the envelope, the body is a record. */
function isEnvelope(value: Record<string, unknown>, member: string, model: ModelView): boolean {
  if (!Object.hasOwn(value, member) || model.featureIndex.has(member)) return false
  const other = Object.keys(value).find((key) => key !== member)
  if (other !== undefined) throw invalid(joinPath('', other), `is not expected beside "${member}"`)
  return true
}

function decodeRows(rows: unknown, path: string, reading: Reading): Decoded {
  const { model, problems } = reading
  if (!Array.isArray(rows)) throw invalid(path, `expected an array of rows, got ${show(rows)}`)
  checkRows(rows.length, path, model)
  if (model.features.length > 0 && !isByInput(rows[0], model)) {
    checkFixedRows(rows.length, path, model)
    const inputs = decodeFeatureRows(rows, (index) => `${path}[${index}]`, reading)
    return { inputs, form: 'predictions' }
  }
  const [input, second] = inputsByRow(model)
  if (second || isRecord(rows[0])) {
    const tensors = gatherByInput(rows, path, reading)
    const inputs = problems.isEmpty ? decodeNamedTensors(tensors, reading) : new Map()
    return { inputs, form: 'predictions' }
  }
  const tensor = input && decodeNested(rows, { spec: input, path }, reading)
  return { inputs: new Map(tensor ? [[input.name, tensor]] : []), form: 'predictions' }
}
