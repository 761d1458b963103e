import type { Feature } from '../../core/feature.ts'
import type { ModelView } from '../../core/model-view.ts'
import { formatShape } from '../../core/signature.ts'
import type { TensorSpec } from '../../core/signature.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { fixedRowsOf } from '../tabular/row-limits.ts'
import { jsonRow, writeRows } from './row-text.ts'
import { tensorValues } from './row-values.ts'
import { joinPieces } from '../text-answer.ts'

// Examples of bodies for `POST …/predict`, for people who try a model.

/** An example with more numbers does not help its reader. */
export const MAX_EXAMPLE_NUMBERS = 64

/** Makes a record with usual values. If the model has a fixed number of rows, it makes that number of records. */
export function exampleRecords(model: ModelView): unknown {
  const record = Object.fromEntries(model.features.map((feature) => [feature.name, exampleValue(feature)]))
  const rows = fixedRowsOf(model) ?? 1
  return rows === 1 ? record : Array.from({ length: rows }, () => record)
}

/**
 * Makes the bodies for these inputs. The tensors by name are always possible, and come last. Instances come before them if
 * the model has only one input, with rows and without features.
 */
export function bodiesOf(inputs: Tensors, { features, signature }: ModelView): unknown[] {
  const nested = Object.fromEntries(signature.inputs.map(({ name }) => [name, toNested(inputs.get(name)!)]))
  const [only, second] = signature.inputs
  const hasRows = only && !second && only.shape.length > 0 && features.length === 0
  return [...(hasRows ? [{ instances: nested[only.name] }] : []), { inputs: nested }]
}

/** Makes a body with shapes and datatypes in place of numbers. */
export function outlineOf({ features, signature, sample }: ModelView): unknown {
  if (features.length > 0) return { instances: `records of ${features.length} features, or arrays in their order` }
  const told = signature.inputs.map((spec, input) => [spec.name, tensorText(spec, sample?.shapes[input])] as const)
  const [only, second] = told
  const hasRows = only && !second && signature.inputs[0]!.shape.length > 0
  return hasRows ? { instances: only[1] } : { inputs: Object.fromEntries(told) }
}

/** Writes records as CSV with a header. @returns undefined if the body has another form. */
export function exampleCsv({ features }: ModelView, body: unknown): string | undefined {
  const records = (Array.isArray(body) ? body : [body]) as Readonly<Record<string, unknown>>[]
  if (features.length === 0 || !records.every((record) => Object.hasOwn(record, features[0]!.name))) return undefined
  const lines = records.map((record) => features.map(({ name }) => cell(record[name])))
  return `${[features.map(({ name }) => cell(name)), ...lines].map((cells) => cells.join(',')).join('\n')}\n`
}

function cell(value: unknown): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function toNested(tensor: Tensor): unknown {
  const row = jsonRow(tensorValues(tensor, tensor.shape, { jsonNan: 'null' }))
  return JSON.parse(joinPieces(writeRows(row, 1, { head: '', between: '', tail: '' })))
}

function tensorText({ dataType, shape, freeNames }: TensorSpec, seen: readonly number[] = shape): string {
  const computed = seen === shape ? '' : `, such as ${formatShape(seen)}`
  const isFree = shape.includes(-1)
  return `${dataType} ${formatShape(shape, freeNames)}${isFree ? computed : ''}`
}

const EXAMPLES: Readonly<Record<Feature['type'], number | boolean | string>> = {
  number: 0,
  integer: 0,
  boolean: false,
  string: 'text',
  date: '2024-02-29',
  datetime: '2024-02-29T12:30:00Z',
}

/** Returns a usual value of the feature, by its example or its range in model.json. */
export function exampleValue({ example, type, values, minimum, maximum }: Feature): number | boolean | string {
  if (example !== undefined) return example
  const usual = values?.[0]
  if (typeof usual === 'bigint') return String(usual)
  if (usual !== undefined) return type === 'string' || typeof usual === 'number' ? usual : EXAMPLES[type]
  if (type !== 'number' && type !== 'integer') return EXAMPLES[type]
  const least = Math.max(Number(minimum ?? -Infinity), Math.min(0, Number(maximum ?? Infinity)))
  return type === 'integer' ? Math.ceil(least) : least
}
