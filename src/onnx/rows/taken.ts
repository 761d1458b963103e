import { NotProven } from './sizes.ts'
import type { Value } from './value.ts'

// The inputs that may depend on the number of rows, because they are sizes. Elsewhere that number would become data.
const COUNTS: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(
    'Cast Equal Gather Identity Mul Div Reshape Squeeze Transpose Unsqueeze'.split(' ').map((name) => [name, [0, 1]]),
  ),
  Concat: Array.from({ length: 64 }, (_, index) => index),
  ConstantOfShape: [0],
  Expand: [1],
  Resize: [3],
  Slice: [0, 1, 2],
  Tile: [1],
  Where: [0, 1, 2],
}

function takesCount(operator: string, index: number): boolean {
  return Object.hasOwn(COUNTS, operator) && COUNTS[operator]!.includes(index)
}

// Operators that do not mix the values of a padded row with its padding.
const TAKES_PADDED = new Set(['Flatten', 'Reshape', 'Identity', 'TfIdfVectorizer'])

function takesPadded(operator: string): boolean {
  return TAKES_PADDED.has(operator)
}

/** @throws NotProven if an operator may not get this kind of value at this input. */
export function checkTaken(operator: string, index: number, value: Value | undefined): void {
  if (value?.kind === 'count' && !takesCount(operator, index)) {
    throw new NotProven('the number of rows becomes part of the data')
  }
  if (value?.kind === 'rows' && value.padding !== undefined && !takesPadded(operator)) {
    throw new NotProven('its rows are filled up to the longest of the run')
  }
}
