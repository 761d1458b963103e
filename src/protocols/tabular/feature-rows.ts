import { DATA_TYPES } from '../../core/datatypes.ts'
import type { Feature, ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import { featureWriter, nameOf } from '../tensors/elements.ts'
import { writeMissing } from './missing.ts'
import { joinPath, show } from '../../json/error-texts.ts'
import type { InputProblems } from '../../json/input-problems.ts'
import { featureNames, resolveNames } from '../unknown-names.ts'

// More unknown keys of a record than this, and than there are features, are not looked at.
const MAX_STRANGERS = 1000

/** The input tensors of a tabular model, being filled. */
export interface Table {
  /** Checks a value and writes it; returns what is wrong with it. null is a missing value. */
  write(feature: Feature, row: number, value: unknown): string | undefined
  /** The one input itself, where it holds floats and every feature is any number: row after row, in column order. */
  readonly numbers: Float32Array | Float64Array | undefined
  toInputs(): Tensors
}

/** @param textLength Length of the text that the rows come from: no more values than that can be in them. */
export function createTable({ signature, features }: ModelView, rows: number, textLength: number): Table {
  const { inputs } = signature
  // Every input is [rows, width]; the one whose width is free holds all features.
  const widths = inputs.map(({ shape }) => (shape[1] === -1 ? features.length : shape[1]!))
  const columns = inputs.map(({ dataType }, input) =>
    DATA_TYPES[dataType].allocate(Math.min(rows * widths[input]!, textLength)),
  )
  const [only] = columns
  const isPlain =
    columns.length === 1 && widths[0] === features.length && features.every(({ type }) => type === 'number')
  return {
    numbers: isPlain && (only instanceof Float32Array || only instanceof Float64Array) ? only : undefined,
    write(feature, row, value) {
      const { type, dataType, input, column } = feature
      const index = row * widths[input]! + column
      if (value === null) return writeMissing(feature, columns[input]!, index)
      return featureWriter(type, dataType)(columns[input]!, index, value)
    },
    toInputs: () => {
      return new Map(
        inputs.map(({ name, dataType }, input) => {
          return [name, { dataType, shape: [rows, widths[input]!], data: columns[input]! }] as const
        }),
      )
    },
  }
}

/**
 * Turns rows of feature values into the model's input tensors. A row is a record keyed by feature,
 * in any order, or an array in column order.
 *
 * @param pathOf Where row `index` stands in the request.
 * @param textLength Length of the JSON that the rows came from.
 */
export function toInputs(
  rows: readonly unknown[],
  model: ModelView,
  pathOf: (index: number) => string,
  textLength: number,
  problems: InputProblems,
): Tensors {
  const table = createTable(model, rows.length, textLength)
  for (let row = 0; row < rows.length && !problems.isFull; row++) {
    const value = rows[row]
    if (Array.isArray(value)) writeArray(value, row, model.features, pathOf, table, problems)
    else if (isRecord(value)) writeRecord(value, row, model, pathOf, table, problems)
    else problems.add(pathOf(row), `expected a record or an array of features, got ${show(value)}`)
  }
  return table.toInputs()
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type PathOf = (index: number) => string

function writeRecord(
  record: Record<string, unknown>,
  row: number,
  model: ModelView,
  pathOf: PathOf,
  table: Table,
  problems: InputProblems,
): void {
  const { features, featureIndex } = model
  const strangers: string[] = []
  let known = 0
  const write = (feature: Feature, key: string): void => {
    known++
    const problem = table.write(feature, row, record[key])
    if (problem) problems.add(joinPath(pathOf(row), key), problem)
  }
  for (const key in record) {
    if (problems.isFull) return
    const feature = features[featureIndex.get(key) ?? -1]
    if (feature) write(feature, key)
    else if (strangers.length < Math.max(MAX_STRANGERS, features.length)) strangers.push(key)
  }
  if (known === features.length && (strangers.length === 0 || model.ignoresUnknown)) return
  const isGiven = (index: number): boolean => Object.hasOwn(record, features[index]!.name)
  const found = resolveNames(strangers, isGiven, featureNames(model), (at, text) => {
    problems.add(joinPath(pathOf(row), strangers[at]!), text)
  })
  for (const [at, index] of found.entries()) if (index !== undefined) write(features[index]!, strangers[at]!)
  if (known === features.length) return
  const renamed = new Set(found)
  addMissing(pathOf(row), features, (index) => isGiven(index) || renamed.has(index), problems)
}

function addMissing(
  path: string,
  features: readonly Feature[],
  isFound: (index: number) => boolean,
  problems: InputProblems,
): void {
  for (const [index, { name, type }] of features.entries()) {
    if (problems.isFull) return
    if (!isFound(index)) problems.add(joinPath(path, name), `is missing: expected ${nameOf(type)}`)
  }
}

/** @param features In the order of the values; undefined for those that are passed over. */
export function writeArray(
  values: readonly unknown[],
  row: number,
  features: readonly (Feature | undefined)[],
  pathOf: PathOf,
  table: Table,
  problems: InputProblems,
): void {
  if (values.length !== features.length) {
    const order = features.length <= 20 ? ` (${features.map((feature) => feature?.name ?? '…').join(', ')})` : ''
    problems.add(pathOf(row), `expected ${features.length} values${order}, got ${values.length}`)
    return
  }
  for (let column = 0; column < values.length && !problems.isFull; column++) {
    const feature = features[column]
    const problem = feature && table.write(feature, row, values[column])
    if (problem) problems.add(`${pathOf(row)}[${column}]`, `${feature.name}: ${problem}`)
  }
}
