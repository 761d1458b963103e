import { DATA_TYPES } from '../core/datatypes.ts'
import type { TensorData } from '../core/datatypes.ts'
import type { Feature, ModelView } from '../core/model-view.ts'
import type { Tensors } from '../core/tensor.ts'
import { featureWriter } from './elements.ts'
import { joinPath, show } from './problems.ts'
import type { Problems } from './problems.ts'

/** Input tensors made of rows, and how many of the rows were records with keys. */
export interface DecodedRows {
  readonly inputs: Tensors
  readonly records: number
}

/**
 * Turns rows of feature values into the model's input tensors. A row is a record keyed by feature,
 * in any order, or an array in column order.
 *
 * @param pathOf Where row `index` stands in the request.
 * @param textLength Length of the JSON that the rows came from: no more values than that can be in them.
 */
export function toInputs(
  rows: readonly unknown[],
  model: ModelView,
  pathOf: (index: number) => string,
  textLength: number,
  problems: Problems,
): DecodedRows {
  const { inputs } = model.signature
  // Every input is [rows, width]; the one whose width is free holds all features.
  const widths = inputs.map(({ shape }) => (shape[1] === -1 ? model.features.length : shape[1]!))
  const columns = inputs.map(({ dataType }, input) =>
    DATA_TYPES[dataType].allocate(Math.min(rows.length * widths[input]!, textLength)),
  )
  const writeValue = createValueWriter(columns, widths)
  let records = 0
  for (let row = 0; row < rows.length && !problems.isFull; row++) {
    const value = rows[row]
    if (Array.isArray(value)) writeArray(value, row, model, pathOf, writeValue, problems)
    else if (isRecord(value)) {
      records++
      writeRecord(value, row, model, pathOf, writeValue, problems)
    } else problems.add(pathOf(row), `expected a record or an array of features, got ${show(value)}`)
  }
  const tensors = inputs.map(({ name, dataType }, input) => {
    return [name, { dataType, shape: [rows.length, widths[input]!], data: columns[input]! }] as const
  })
  return { inputs: new Map(tensors), records }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type ValueWriter = (feature: Feature, row: number, value: unknown) => string | undefined
type PathOf = (index: number) => string

function createValueWriter(columns: readonly TensorData[], widths: readonly number[]): ValueWriter {
  return ({ type, dataType, input, column }, row, value) =>
    featureWriter(type, dataType)(columns[input]!, row * widths[input]! + column, value)
}

function writeRecord(
  record: Record<string, unknown>,
  row: number,
  { features, featureIndex }: ModelView,
  pathOf: PathOf,
  write: ValueWriter,
  problems: Problems,
): void {
  let known = 0
  for (const key in record) {
    if (problems.isFull) return
    const feature = features[featureIndex.get(key) ?? -1]
    const problem = feature ? write(feature, row, record[key]) : `is no feature of this model`
    if (feature) known++
    if (problem) problems.add(joinPath(pathOf(row), key), problem)
  }
  if (known === features.length) return
  for (const { name, type } of features) {
    if (problems.isFull) return
    if (!Object.hasOwn(record, name)) problems.add(joinPath(pathOf(row), name), `is missing: expected ${article(type)}`)
  }
}

function writeArray(
  values: readonly unknown[],
  row: number,
  { features }: ModelView,
  pathOf: PathOf,
  write: ValueWriter,
  problems: Problems,
): void {
  if (values.length !== features.length) {
    const order = features.length <= 20 ? ` (${features.map(({ name }) => name).join(', ')})` : ''
    problems.add(pathOf(row), `expected ${features.length} values${order}, got ${values.length}`)
    return
  }
  for (let column = 0; column < values.length && !problems.isFull; column++) {
    const feature = features[column]!
    const problem = write(feature, row, values[column])
    if (problem) problems.add(`${pathOf(row)}[${column}]`, `${feature.name}: ${problem}`)
  }
}

function article(type: Feature['type']): string {
  return type === 'integer' ? 'an integer' : type === 'boolean' ? 'true or false' : `a ${type}`
}
