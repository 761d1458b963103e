import type { ModelView } from '../core/model-view.ts'
import type { Tensors } from '../core/tensor.ts'
import { invalid, joinPath } from './problems.ts'

// How many rows a request may bring. @throws ServingError INVALID_INPUT

export function checkRows(rows: number, path: string, model: ModelView): void {
  if (rows === 0) throw invalid(path, 'the batch is empty: expected at least one row')
  checkRowCount(rows, path, model)
}

export function checkRowCount(rows: number, path: string, { maxRows }: ModelView): void {
  if (rows > maxRows) throw invalid(path, `expected at most ${maxRows} rows in one request, got ${rows}`)
}

/** Inputs whose axis 0 is free share the rows of a batch, unless the file gives that axis different names. */
export function checkSameRows(inputs: Tensors, path: string, { signature }: ModelView): void {
  const [first, ...others] = signature.inputs.filter(({ shape }) => shape[0] === -1)
  const rows = first && inputs.get(first.name)?.shape[0]
  for (const { name, freeNames } of others) {
    const other = inputs.get(name)?.shape[0]
    if (freeNames?.[0] !== first?.freeNames?.[0] || rows === undefined || other === undefined || other === rows)
      continue
    throw invalid(joinPath(path, name), `expected ${rows} rows as in ${first!.name}, got ${other}`)
  }
}

export function checkFixedRows(rows: number, path: string, { signature }: ModelView): void {
  const fixed = signature.inputs.find(({ shape }) => shape[0] !== -1 && shape[0] !== rows)
  if (fixed) throw invalid(path, `this model takes exactly ${fixed.shape[0]} rows in one request, got ${rows}`)
}
