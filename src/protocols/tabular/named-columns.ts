import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import { joinPath, show } from '../../json/error-texts.ts'
import { invalid } from '../../json/input-problems.ts'
import { isRecord } from '../../json/record.ts'
import type { Reading } from '../reading.ts'
import { matchColumns } from './header.ts'
import { checkFixedRows, checkRows } from './row-limits.ts'
import { createTable } from './row-table.ts'

/**
 * Is true for an object with a flat array under the name of a feature. An input may have the name of a feature; its value is
 * then a tensor, which is an array of arrays.
 */
export function isColumns(value: unknown, { featureIndex }: ModelView): value is Record<string, unknown> {
  if (!isRecord(value)) return false
  return Object.entries(value).some(([name, values]) => {
    return featureIndex.find(name) !== undefined && Array.isArray(values) && !Array.isArray(values[0])
  })
}

/**
 * Turns columns of values, by the names of their features, into the model's input tensors.
 *
 * @param path The place of the columns in the request.
 * @returns The tensors. They are incomplete if there are problems.
 * @throws ServingError INVALID_INPUT if the number of rows is wrong, or differs between columns.
 */
export function decodeColumns(columns: Record<string, unknown>, path: string, reading: Reading): Tensors {
  const { model, problems } = reading
  const names = Object.keys(columns)
  const features = matchColumns(names, path, reading)
  const [first] = Object.values(columns)
  const rows = Array.isArray(first) ? first.length : 0
  checkRows(rows, path, model)
  checkFixedRows(rows, path, model)
  const table = createTable(reading, rows)
  for (const [index, feature] of features.entries()) {
    const where = joinPath(path, names[index]!)
    const values = columns[names[index]!]
    if (!Array.isArray(values)) throw invalid(where, `expected an array of values, got ${show(values)}`)
    if (values.length !== rows) {
      throw invalid(where, `expected ${rows} values as in the first column, got ${values.length}`)
    }
    if (!feature) continue
    for (let row = 0; row < rows && !problems.isFull; row++) {
      const problem = table.write(feature, row, values[row])
      if (problem) problems.add(`${where}[${row}]`, problem)
    }
  }
  return table.toInputs()
}
