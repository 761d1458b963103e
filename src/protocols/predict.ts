import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import type { ModelView } from '../core/model-view.ts'
import type { Codec } from './codec.ts'
import { isRecord, toInputs } from './feature-rows.ts'
import { countKeys, parseJson, reportDuplicateKeys } from './json.ts'
import { toTensor } from './nested-arrays.ts'
import { toPredictionsJson } from './predictions.ts'
import { Problems, invalid, joinPath, show } from './problems.ts'

/** A decoded body: the inputs, and how many keys its JSON must have spelled out if none was given twice. */
interface Decoded {
  readonly inputs: InferenceRequest['inputs']
  readonly keys: number
}

/**
 * The server's own protocol, as JSON. A request is one record, an array of records,
 * `{"instances": [rows or records]}` or `{"inputs": {"<tensor>": nested arrays}}`;
 * the reply is `{"model", "version", "predictions": [one a row]}`.
 */
export const predictCodec: Codec<Buffer, string> = {
  decode(body, model) {
    const { text, value } = parseJson(body)
    const problems = new Problems()
    const { inputs, keys } = decodeValue(value, model, text.length, problems)
    if (!problems.isEmpty || keys !== countKeys(text)) reportDuplicateKeys(text, problems)
    if (!problems.isEmpty) throw problems.toError()
    return { inputs }
  },
  encode(result: InferenceResult, model: ModelView) {
    const head = `{"model":${JSON.stringify(model.name)},"version":${JSON.stringify(model.version)}`
    return `${head},"predictions":${toPredictionsJson(result.outputs, model)}}`
  },
}

function decodeValue(value: unknown, model: ModelView, textLength: number, problems: Problems): Decoded {
  if (Array.isArray(value)) return decodeRows(value, '', model, textLength, problems)
  if (!isRecord(value)) throw invalid('', `expected a record, an array of records, or "instances", got ${show(value)}`)
  if (isEnvelope(value, 'instances', model)) {
    const { keys, inputs } = decodeRows(value['instances'], 'instances', model, textLength, problems)
    return { inputs, keys: keys + 1 }
  }
  if (isEnvelope(value, 'inputs', model)) return decodeTensors(value['inputs'], model, textLength, problems)
  if (model.features.length === 0) throw invalid('', `expected "instances" or "inputs": ${noFeatures(model)}`)
  checkFixedRows(1, '', model)
  const { inputs } = toInputs([value], model, () => '', textLength, problems)
  return { inputs, keys: model.features.length }
}

/** Whether a body is an envelope; a model whose feature has that name takes it as a record. */
function isEnvelope(value: Record<string, unknown>, member: string, model: ModelView): boolean {
  if (!Object.hasOwn(value, member) || model.featureIndex.has(member)) return false
  const other = Object.keys(value).find((key) => key !== member)
  if (other !== undefined) throw invalid(joinPath('', other), `is not expected beside "${member}"`)
  return true
}

function decodeRows(rows: unknown, path: string, model: ModelView, textLength: number, problems: Problems): Decoded {
  if (!Array.isArray(rows)) throw invalid(path, `expected an array of rows, got ${show(rows)}`)
  if (rows.length === 0) throw invalid(path, 'the batch is empty: expected at least one row')
  checkRowCount(rows.length, path, model)
  if (model.features.length > 0) {
    checkFixedRows(rows.length, path, model)
    const { inputs, records } = toInputs(rows, model, (index) => `${path}[${index}]`, textLength, problems)
    return { inputs, keys: records * model.features.length }
  }
  const [input, second] = model.signature.inputs
  if (!input || second) throw invalid(path, `expected "inputs" with one tensor a name: ${noFeatures(model)}`)
  const tensor = toTensor(rows, input, path, textLength, problems)
  return { inputs: new Map(tensor ? [[input.name, tensor]] : []), keys: 0 }
}

function decodeTensors(tensors: unknown, model: ModelView, textLength: number, problems: Problems): Decoded {
  if (!isRecord(tensors)) throw invalid('inputs', `expected an object of tensors by name, got ${show(tensors)}`)
  const specs = model.signature.inputs
  for (const name of Object.keys(tensors)) {
    if (problems.isFull) break
    if (!specs.some((spec) => spec.name === name)) problems.add(joinPath('inputs', name), 'is no input of this model')
  }
  const inputs = new Map<string, NonNullable<ReturnType<typeof toTensor>>>()
  for (const spec of specs) {
    const path = joinPath('inputs', spec.name)
    if (!Object.hasOwn(tensors, spec.name)) problems.add(path, 'is missing: expected a tensor')
    else {
      const tensor = toTensor(tensors[spec.name], spec, path, textLength, problems)
      if (tensor) inputs.set(spec.name, tensor)
      // Where axis 0 is free, it is taken for the batch.
      if (tensor && spec.shape[0] === -1) checkRowCount(tensor.shape[0]!, path, model)
    }
  }
  return { inputs, keys: 1 + specs.length }
}

function checkRowCount(rows: number, path: string, { maxRows }: ModelView): void {
  if (rows > maxRows) throw invalid(path, `expected at most ${maxRows} rows in one request, got ${rows}`)
}

function checkFixedRows(rows: number, path: string, { signature }: ModelView): void {
  const fixed = signature.inputs.find(({ shape }) => shape[0] !== -1 && shape[0] !== rows)
  if (fixed) throw invalid(path, `this model takes exactly ${fixed.shape[0]} rows in one request, got ${rows}`)
}

function noFeatures({ signature }: ModelView): string {
  return `this model has no features, but the inputs ${signature.inputs.map(({ name }) => name).join(', ')}`
}
