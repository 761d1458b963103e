import { listNames } from '../../core/listing.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import { createTable, isRecord, writeArray } from './feature-rows.ts'
import { toColumns } from './named-columns.ts'
import { invalid } from '../../json/input-problems.ts'
import { joinPath, show } from '../../json/error-texts.ts'
import type { InputProblems } from '../../json/input-problems.ts'
import { checkFixedRows, checkRows } from './row-limits.ts'

/**
 * Reads pandas' own form: `{"columns": […], "data": [[…], …], "index"?: […]}`.
 *
 * @param textLength Of the body, which bounds the tensors.
 * @param problems What is wrong with columns and values is added.
 * @returns The tensors. They are incomplete if there are problems.
 * @throws ServingError INVALID_INPUT where it is of another form.
 */
export function decodeSplit(split: unknown, model: ModelView, textLength: number, problems: InputProblems): Tensors {
  const path = 'dataframe_split'
  if (!isRecord(split)) throw invalid(path, `expected "columns" and "data", got ${show(split)}`)
  const { columns: names, data: rows, index: _index, ...others } = split
  const [other] = Object.keys(others)
  if (other !== undefined) throw invalid(joinPath(path, other), 'is not expected beside "columns" and "data"')
  if (!Array.isArray(names)) throw invalid(`${path}.columns`, `expected an array of names, got ${show(names)}`)
  if (!Array.isArray(rows)) throw invalid(`${path}.data`, `expected an array of rows, got ${show(rows)}`)
  checkRows(rows.length, `${path}.data`, model)
  checkFixedRows(rows.length, `${path}.data`, model)
  if (model.features.length === 0) throw invalid(path, noFeatures(model))
  const columns = toColumns(names, model, `${path}.columns`, problems)
  const table = createTable(model, rows.length, textLength)
  for (let row = 0; row < rows.length && problems.isEmpty; row++) {
    const values: unknown = rows[row]
    if (!Array.isArray(values)) problems.add(`${path}.data[${row}]`, `expected an array, got ${show(values)}`)
    else writeArray(values, row, columns, (at) => `${path}.data[${at}]`, table, problems)
  }
  return table.toInputs()
}

/** Why a model takes no rows. */
export function noFeatures({ signature }: ModelView): string {
  return `this model has no features, but the inputs ${listNames(signature.inputs.map(({ name }) => name))}`
}
