import { hasBatchAxis } from '../core/signature.ts'
import type { Signature } from '../core/signature.ts'
import { rowsOf, splitTensor } from '../core/tensor.ts'
import type { Tensors } from '../core/tensor.ts'

/** A row that also fails alone. */
export interface BadRow {
  readonly row: number
  readonly reason: string
}

/**
 * Finds the first row of a batch that cannot be computed, by binary search. It computes each row at most once more. The
 * number of runs is the logarithm of the number of rows.
 *
 * @param inputs The batch that the model could not compute.
 * @param compute Computes some rows of the batch. Throws an Error with the reason.
 * @returns undefined if the batch has a single row or no batch axis, or if it only fails as a whole.
 */
export async function findBadRow(
  inputs: Tensors,
  signature: Signature,
  compute: (rows: Tensors) => Promise<unknown>,
): Promise<BadRow | undefined> {
  const total = rowsOf(inputs)
  if (total < 2 || !hasBatchAxis(signature)) return undefined
  for (const { shape } of inputs.values()) if (shape[0] !== total) return undefined
  const reasonOf = async (from: number, to: number): Promise<string | undefined> => {
    try {
      await compute(rowsFrom(inputs, from, to))
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }
  let [from, to] = [0, total]
  while (to - from > 1) {
    const middle = (from + to) >> 1
    if ((await reasonOf(from, middle)) === undefined) from = middle
    else to = middle
  }
  const reason = await reasonOf(from, to)
  return reason === undefined ? undefined : { row: from, reason }
}

/** Returns some of the rows. They share the storage of the batch. */
function rowsFrom(inputs: Tensors, from: number, to: number): Tensors {
  const parts = Array.from(inputs, ([name, tensor]) => {
    const [, part] = splitTensor(tensor, [from, to - from])
    return [name, part!] as const
  })
  return new Map(parts)
}
