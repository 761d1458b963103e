import type { Feature } from '../../core/feature.ts'
import type { Tensors } from '../../core/tensor.ts'
import { joinPath, show } from '../../json/error-texts.ts'
import { isRecord } from '../../json/record.ts'
import type { Reading } from '../reading.ts'
import { nameOfType } from '../tensors/elements.ts'
import { featureNames, resolveNames } from '../unknown-names.ts'
import { createTable } from './row-table.ts'
import type { Table } from './row-table.ts'

// So many unknown keys of a record are compared with the names of the model, or as many as there are features. Further keys
// are ignored, since the time of the comparison grows with their number.
const MAX_STRANGERS = 1000

/** The place where rows go. One object serves all rows of a request. */
export interface RowTarget {
  readonly reading: Reading
  readonly table: Table
  /** The features in the order of an array's values; undefined for a value that is ignored. */
  readonly columns: readonly (Feature | undefined)[]
  /** Returns the place of a row in the request. */
  readonly pathOf: (row: number) => string
}

/**
 * Turns rows of feature values into the model's input tensors.
 *
 * @param rows Records by the names of the features, in any order, or arrays in column order.
 * @param pathOf Returns the place of a row in the request.
 * @returns The tensors. They are incomplete if there are problems.
 */
export function decodeFeatureRows(
  rows: readonly unknown[],
  pathOf: (row: number) => string,
  reading: Reading,
): Tensors {
  const table = createTable(reading, rows.length)
  const target = { reading, table, columns: reading.model.features, pathOf }
  for (let row = 0; row < rows.length && !reading.problems.isFull; row++) {
    const value = rows[row]
    if (Array.isArray(value)) writeArray(value, row, target)
    else if (isRecord(value)) writeRecord(value, row, target)
    else reading.problems.add(pathOf(row), `expected a record or an array of features, got ${show(value)}`)
  }
  return table.toInputs()
}

function writeRecord(record: Record<string, unknown>, row: number, target: RowTarget): void {
  const { model, problems } = target.reading
  const { features, featureIndex } = model
  const strangers: string[] = []
  let known = 0
  for (const key in record) {
    if (problems.isFull) return
    const feature = features[featureIndex.get(key) ?? -1]
    if (feature) {
      known++
      const problem = target.table.write(feature, row, record[key])
      if (problem) problems.add(joinPath(target.pathOf(row), key), problem)
    } else if (strangers.length < Math.max(MAX_STRANGERS, features.length)) strangers.push(key)
  }
  if (known === features.length && (strangers.length === 0 || model.ignoresUnknown)) return
  const renamed = writeRenamed(record, strangers, row, target)
  if (known + renamed.size < features.length) reportMissing(record, renamed, target.pathOf(row), target.reading)
}

/**
 * Writes the values of keys that stand for a feature, although they are not exactly its name. Other keys are problems.
 *
 * @returns The indexes of the features that were found.
 */
function writeRenamed(
  record: Record<string, unknown>,
  strangers: readonly string[],
  row: number,
  { reading: { model, problems }, table, pathOf }: RowTarget,
): Set<number> {
  const { features } = model
  const isGiven = (index: number): boolean => Object.hasOwn(record, features[index]!.name)
  const found = resolveNames(strangers, isGiven, featureNames(model), (at, text) => {
    problems.add(joinPath(pathOf(row), strangers[at]!), text)
  })
  const written = new Set<number>()
  for (const [at, index] of found.entries()) {
    if (index === undefined) continue
    const key = strangers[at]!
    const problem = table.write(features[index]!, row, record[key])
    if (problem) problems.add(joinPath(pathOf(row), key), problem)
    written.add(index)
  }
  return written
}

function reportMissing(
  record: Record<string, unknown>,
  renamed: ReadonlySet<number>,
  path: string,
  { model, problems }: Reading,
): void {
  for (const [index, { name, type }] of model.features.entries()) {
    if (problems.isFull) return
    if (Object.hasOwn(record, name) || renamed.has(index)) continue
    problems.add(joinPath(path, name), `is missing: expected ${nameOfType(type)}`)
  }
}

/** Writes a row of values in the order of the target's columns. */
export function writeArray(values: readonly unknown[], row: number, target: RowTarget): void {
  const { columns, table, pathOf } = target
  const { problems } = target.reading
  if (values.length !== columns.length) {
    const order = columns.length <= 20 ? ` (${columns.map((feature) => feature?.name ?? '…').join(', ')})` : ''
    problems.add(pathOf(row), `expected ${columns.length} values${order}, got ${values.length}`)
    return
  }
  for (let column = 0; column < values.length && !problems.isFull; column++) {
    const feature = columns[column]
    const problem = feature && table.write(feature, row, values[column])
    if (problem) problems.add(`${pathOf(row)}[${column}]`, `${feature.name}: ${problem}`)
  }
}
