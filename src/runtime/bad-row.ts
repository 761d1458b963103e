import { hasBatchAxis } from '../core/signature.ts'
import type { Signature } from '../core/signature.ts'
import { rowsOf, splitTensor } from '../core/tensor.ts'
import type { Tensors } from '../core/tensor.ts'

/** A row that fails alone as well, and why. */
export interface BadRow {
  readonly row: number
  readonly reason: string
}

/**
 * Finds the first row of a batch that cannot be computed, by halves: it computes each row once more at most, in runs whose
 * number is the logarithm of the rows.
 *
 * @param inputs What a model could not compute.
 * @param compute Computes rows of it; throws an Error with the reason.
 * @returns undefined where the batch has a single row or no batch axis, or fails only as a whole.
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

/** These rows alone, in the storage of all. */
function rowsFrom(inputs: Tensors, from: number, to: number): Tensors {
  const parts = Array.from(inputs, ([name, tensor]) => {
    const [, part] = splitTensor(tensor, [from, to - from])
    return [name, part!] as const
  })
  return new Map(parts)
}
