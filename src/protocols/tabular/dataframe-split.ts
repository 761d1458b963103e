import { listNames } from '../../core/listing.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import { joinPath, show } from '../../json/error-texts.ts'
import { invalid } from '../../json/input-problems.ts'
import { isRecord } from '../../json/record.ts'
import type { Reading } from '../reading.ts'
import { writeArray } from './feature-rows.ts'
import { matchColumns } from './header.ts'
import { checkFixedRows, checkRows } from './row-limits.ts'
import { createTable } from './row-table.ts'

/**
 * Reads the form that pandas calls `split`: `{"columns": […], "data": [[…], …], "index"?: […]}`.
 *
 * @returns The tensors. They are incomplete if there are problems.
 * @throws ServingError INVALID_INPUT if the value has another form.
 */
export function decodeSplit(split: unknown, reading: Reading): Tensors {
  const { model, problems } = reading
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
  const columns = matchColumns(names, `${path}.columns`, reading)
  const table = createTable(reading, rows.length)
  const target = { reading, table, columns, pathOf: (row: number) => `${path}.data[${row}]` }
  for (let row = 0; row < rows.length && problems.isEmpty; row++) {
    const values: unknown = rows[row]
    if (!Array.isArray(values)) problems.add(target.pathOf(row), `expected an array, got ${show(values)}`)
    else writeArray(values, row, target)
  }
  return table.toInputs()
}

/** Says that a model takes no rows, and which inputs it has. */
export function noFeatures({ signature }: ModelView): string {
  return `this model has no features, but the inputs ${listNames(signature.inputs.map(({ name }) => name))}`
}
