import { DATA_TYPES } from '../core/datatypes.ts'
import type { DataType } from '../core/datatypes.ts'
import type { Feature, ModelView } from '../core/model-view.ts'
import { elementCount } from '../core/tensor.ts'

const MAX_ELEMENTS = 250_000

/**
 * A body that `POST …/predict` accepts as it is: a record where the model has features, else instances of
 * its one input or its tensors by name, with zeros and free dimensions of 1.
 *
 * @returns undefined where the tensors would be too large to read.
 */
export function exampleBody({ features, signature }: ModelView): unknown {
  if (features.length > 0) return Object.fromEntries(features.map((feature) => [feature.name, exampleValue(feature)]))
  const tensors = signature.inputs.map(({ name, dataType, shape }) => {
    const known = shape.map((dimension) => (dimension === -1 ? 1 : dimension))
    return { name, dataType, known, count: elementCount(known) }
  })
  if (tensors.some(({ count }) => count > MAX_ELEMENTS)) return undefined
  const [only, second] = tensors
  if (only && !second && only.known.length > 0) return { instances: nest(only.known, only.dataType) }
  return { inputs: Object.fromEntries(tensors.map(({ name, dataType, known }) => [name, nest(known, dataType)])) }
}

/** The same record as CSV with a header. */
export function exampleCsv({ features }: ModelView): string {
  const lines = [features.map(({ name }) => cell(name)), features.map((feature) => cell(exampleValue(feature)))]
  return `${lines.map((cells) => cells.join(',')).join('\n')}\n`
}

function cell(value: unknown): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const EXAMPLES: Readonly<Record<Feature['type'], number | boolean | string>> = {
  number: 0,
  integer: 0,
  boolean: false,
  string: 'text',
  date: '2024-02-29',
  datetime: '2024-02-29T12:30:00Z',
}

/** A value that is usual, where model.json says what is. */
export function exampleValue({ example, type, values, minimum, maximum }: Feature): number | boolean | string {
  if (example !== undefined) return example
  const usual = values?.[0]
  if (typeof usual === 'bigint') return String(usual)
  if (usual !== undefined) return type === 'string' || typeof usual === 'number' ? usual : EXAMPLES[type]
  if (type !== 'number' && type !== 'integer') return EXAMPLES[type]
  const least = Math.max(Number(minimum ?? -Infinity), Math.min(0, Number(maximum ?? Infinity)))
  return type === 'integer' ? Math.ceil(least) : least
}

function nest([length, ...inner]: readonly number[], dataType: DataType): unknown {
  if (length === undefined) return { float: 0, integer: 0, boolean: false, string: 'text' }[DATA_TYPES[dataType].kind]
  return Array.from({ length }, () => nest(inner, dataType))
}
