import type { Feature, ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import { createTable, isRecord } from './feature-rows.ts'
import { invalid } from '../../json/input-problems.ts'
import { joinPath, show } from '../../json/error-texts.ts'
import type { InputProblems } from '../../json/input-problems.ts'
import { checkFixedRows, checkRows } from './row-limits.ts'
import { featureNames, resolveNames } from '../unknown-names.ts'

// Beyond that, columns that are too many are counted, not looked at.
const MAX_NAMED_COLUMNS = 1000

/** Whether a value is columns by the names of features; nested arrays are tensors, where an input has a feature's name. */
export function isColumns(value: unknown, { featureIndex }: ModelView): value is Record<string, unknown> {
  if (!isRecord(value)) return false
  return Object.entries(value).some(([name, values]) => {
    return featureIndex.find(name) !== undefined && Array.isArray(values) && !Array.isArray(values[0])
  })
}

/**
 * Turns columns of values, by the names of their features, into the model's input tensors.
 *
 * @param textLength Length of the JSON that they come from.
 * @throws ServingError INVALID_INPUT when there are too few or too many rows; other problems are added.
 */
export function fromColumns(
  columns: Record<string, unknown>,
  path: string,
  model: ModelView,
  textLength: number,
  problems: InputProblems,
): Tensors {
  const names = Object.keys(columns)
  const features = toColumns(names, model, path, problems)
  const [first] = Object.values(columns)
  const rows = Array.isArray(first) ? first.length : 0
  checkRows(rows, path, model)
  checkFixedRows(rows, path, model)
  const table = createTable(model, rows, textLength)
  for (const [index, feature] of features.entries()) {
    const where = joinPath(path, names[index]!)
    const values = columns[names[index]!]
    if (!Array.isArray(values)) throw invalid(where, `expected an array of values, got ${show(values)}`)
    if (values.length !== rows)
      throw invalid(where, `expected ${rows} values as in the first column, got ${values.length}`)
    if (!feature) continue
    for (let row = 0; row < rows && !problems.isFull; row++) {
      const problem = table.write(feature, row, values[row])
      if (problem) problems.add(`${where}[${row}]`, problem)
    }
  }
  return table.toInputs()
}

/**
 * Finds the features that the columns of a table are.
 *
 * @param names A number stands for its digits: pandas numbers columns that have no names.
 * @returns One for each column; undefined for those that the model is told to pass over.
 */
export function toColumns(
  names: readonly unknown[],
  model: ModelView,
  path: string,
  problems: InputProblems,
): (Feature | undefined)[] {
  const { features, featureIndex, ignoresUnknown } = model
  if (names.length > features.length && !ignoresUnknown && names.length > MAX_NAMED_COLUMNS) {
    throw invalid(path, `expected ${features.length} columns, got ${names.length}`)
  }
  const texts = names.map((name) => (typeof name === 'number' ? String(name) : name))
  const exact = new Map<number, number>()
  const strangers: number[] = []
  const limit = Math.max(MAX_NAMED_COLUMNS, features.length)
  for (const [at, name] of texts.entries()) {
    const index = typeof name === 'string' ? featureIndex.get(name) : undefined
    if (index !== undefined && exact.has(index)) problems.add(`${path}[${at}]`, `${String(name)} is given twice`)
    else if (index !== undefined) exact.set(index, at)
    else if (typeof name === 'string' && strangers.length < limit) strangers.push(at)
    else if (!ignoresUnknown) problems.add(`${path}[${at}]`, `${show(name)} is no feature of this model`)
  }
  const strangerNames = strangers.map((at) => texts[at] as string)
  const found = resolveNames(
    strangerNames,
    (index) => exact.has(index),
    featureNames(model),
    (at, text) => {
      problems.add(`${path}[${strangers[at]}]`, `${show(strangerNames[at])} ${text}`)
    },
  )
  const columns = Array.from<Feature | undefined>({ length: names.length })
  for (const [index, at] of exact) columns[at] = features[index]
  for (const [at, index] of found.entries()) if (index !== undefined) columns[strangers[at]!] = features[index]
  const seen = new Set(columns)
  for (const feature of features)
    if (!seen.has(feature)) problems.add(path, `the column ${show(feature.name)} is missing`)
  return columns
}
