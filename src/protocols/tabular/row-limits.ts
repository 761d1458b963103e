import type { ModelView } from '../../core/model-view.ts'
import { isRowByRow, withFreeRows } from '../../core/signature.ts'
import type { TensorSpec } from '../../core/signature.ts'
import type { Tensors } from '../../core/tensor.ts'
import { invalid } from '../../json/input-problems.ts'
import { joinPath } from '../../json/error-texts.ts'

// Limits on the number of rows in a request. All of them throw ServingError INVALID_INPUT.

export function checkRows(rows: number, path: string, model: ModelView): void {
  if (rows === 0) throw invalid(path, 'the batch is empty: expected at least one row')
  checkRowCount(rows, path, model)
}

export function checkRowCount(rows: number, path: string, { maxRows }: ModelView): void {
  if (rows > maxRows) throw invalid(path, `expected at most ${maxRows} rows in one request, got ${rows}`)
}

/** The inputs with a free axis for rows. A request may have several rows, even if a run computes only one. */
export function inputsByRow({ signature }: ModelView): readonly TensorSpec[] {
  return isRowByRow(signature) ? signature.inputs.map(withFreeRows) : signature.inputs
}

/** Inputs whose axis 0 is free share the rows of a batch, unless the file gives that axis different names. */
export function checkSameRows(inputs: Tensors, path: string, specs: readonly TensorSpec[]): void {
  const [first, ...others] = specs.filter(({ shape }) => shape[0] === -1)
  const rows = first && inputs.get(first.name)?.shape[0]
  for (const { name, freeNames } of others) {
    const other = inputs.get(name)?.shape[0]
    if (freeNames?.[0] !== first?.freeNames?.[0] || rows === undefined || other === undefined || other === rows)
      continue
    throw invalid(joinPath(path, name), `expected ${rows} rows as in ${first!.name}, got ${other}`)
  }
}

/** Returns the number of rows that a request must have. undefined if it may have any number. */
export function fixedRowsOf(model: ModelView): number | undefined {
  return inputsByRow(model).find(({ shape }) => shape[0] !== -1)?.shape[0]
}

export function checkFixedRows(rows: number, path: string, model: ModelView): void {
  const fixed = fixedRowsOf(model)
  if (fixed === undefined || fixed === rows) return
  const counts = fixed === 1 ? '1 row' : `${fixed} rows`
  throw invalid(path, `this model takes exactly ${counts} in one request, got ${rows}`)
}
