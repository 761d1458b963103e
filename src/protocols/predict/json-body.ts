import { DATA_TYPES } from '../../core/datatypes.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { BareAs } from '../../json/bare-tokens.ts'
import { mayHaveDuplicateKeys, reportDuplicateKeys } from '../../json/duplicate-keys.ts'
import { joinPath, show } from '../../json/error-texts.ts'
import { InputProblems, invalid } from '../../json/input-problems.ts'
import { checkUtf8, parseJson } from '../../json/parse-json.ts'
import { isRecord } from '../../json/record.ts'
import type { Reading } from '../reading.ts'
import { decodeSplit, noFeatures } from '../tabular/dataframe-split.ts'
import { decodeFeatureRows } from '../tabular/feature-rows.ts'
import { readPlainRows } from '../tabular/plain-rows.ts'
import { checkFixedRows, checkRows, inputsByRow } from '../tabular/row-limits.ts'
import { decodeNamedTensors, gatherByInput, isByInput } from '../tensors/named-tensors.ts'
import { decodeNested } from '../tensors/nested-arrays.ts'

/** The content of a body, and the form of its answer. */
export interface DecodedBody {
  readonly inputs: Tensors
  /** `predictions`: one for each row. `outputs`: all output tensors by name. */
  readonly form: 'predictions' | 'outputs'
}

/** The differences between protocols whose JSON bodies hold rows in the same envelopes. */
export interface BodyRules {
  /** Members that are ignored beside `instances` and the other envelopes. */
  readonly ignored: readonly string[]
  /** The value of a bare NaN. It is refused if this is undefined. */
  readonly bareAs: BareAs | undefined
  /** Decodes the member `inputs`. */
  readonly decodeInputs: (inputs: unknown, reading: Reading) => DecodedBody
}

/**
 * Decodes a JSON body: a record, an array of records, or one of the envelopes.
 *
 * @throws ServingError INVALID_INPUT that names the elements that are wrong.
 */
export function decodeJsonBody(body: Buffer, model: ModelView, rules: BodyRules): DecodedBody {
  checkUtf8(body)
  const plain = model.features.length > 0 ? readPlainRows(body, model) : undefined
  if (plain) return { inputs: plain, form: 'predictions' }
  const text = body.toString()
  const value = parseJson(text, { keepsIntegers: hasIntegers(model), bareAs: rules.bareAs })
  const problems = new InputProblems()
  const reading = { model, textLength: text.length, problems }
  const decoded = decodeValue(withoutMembers(value, rules.ignored, model), reading, rules)
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

function decodeValue(value: unknown, reading: Reading, { decodeInputs }: BodyRules): DecodedBody {
  const { model } = reading
  if (Array.isArray(value)) return decodeRows(value, '', reading)
  if (!isRecord(value)) throw invalid('', `expected a record, an array of records, or "instances", got ${show(value)}`)
  for (const member of ['instances', 'dataframe_records']) {
    if (!isEnvelope(value, member, model)) continue
    return decodeRows(value[member], member, reading)
  }
  if (isEnvelope(value, 'dataframe_split', model))
    return { inputs: decodeSplit(value['dataframe_split'], reading), form: 'predictions' }
  if (isEnvelope(value, 'inputs', model)) return decodeInputs(value['inputs'], reading)
  if (model.features.length === 0) throw invalid('', `expected "instances" or "inputs": ${noFeatures(model)}`)
  checkFixedRows(1, '', model)
  const inputs = decodeFeatureRows([value], () => '', reading)
  return { inputs, form: 'predictions' }
}

/** True if a body is an envelope. If a feature has the name of the envelope, the body is a record. */
function isEnvelope(value: Record<string, unknown>, member: string, model: ModelView): boolean {
  if (!Object.hasOwn(value, member) || model.featureIndex.has(member)) return false
  const other = Object.keys(value).find((key) => key !== member)
  if (other !== undefined) throw invalid(joinPath('', other), `is not expected beside "${member}"`)
  return true
}

/**
 * Decodes an array of rows or records.
 *
 * @param path The path of the array in the body, for error texts.
 */
export function decodeRows(rows: unknown, path: string, reading: Reading): DecodedBody {
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
