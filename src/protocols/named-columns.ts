import type { ModelView } from '../core/model-view.ts'
import type { Tensors } from '../core/tensor.ts'
import { createTable, isRecord, toColumns } from './feature-rows.ts'
import { invalid, joinPath, show } from './problems.ts'
import type { Problems } from './problems.ts'
import { checkFixedRows, checkRows } from './row-limits.ts'

/** Whether a value is columns by the names of features; nested arrays are tensors, where an input has a feature's name. */
export function isColumns(value: unknown, { featureIndex }: ModelView): value is Record<string, unknown> {
  if (!isRecord(value)) return false
  return Object.entries(value).some(([name, values]) => {
    return featureIndex.has(name) && Array.isArray(values) && !Array.isArray(values[0])
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
  problems: Problems,
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
