import { readRow } from './activation.ts'
import type { DataType } from './datatypes.ts'
import { fromFloat16Bits, toFloat16Bits } from './float16.ts'
import type { Tensor } from './tensor.ts'

/** Chooses the label of a classifier of two classes instead of the class with the largest number. */
export interface Threshold {
  /** The class that is answered if its number is at least `atLeast`. Otherwise the other class is answered. */
  readonly index: 0 | 1
  readonly atLeast: number
}

/**
 * Chooses the class of one row by a threshold.
 *
 * The threshold is first rounded to the type of the scores. So a float32 of 0.7 reaches a threshold of 0.7, although it
 * is smaller than the double.
 *
 * @param scores Floats of shape [rows, 2].
 * @returns The index of the class; undefined if a score of the row is NaN.
 */
export function chooseClass(scores: Tensor, row: number, { index, atLeast }: Threshold): number | undefined {
  const values = readRow(scores, row * 2, 2)
  if (values.some(Number.isNaN)) return undefined
  return values[index]! >= roundTo(atLeast, scores.dataType) ? index : 1 - index
}

function roundTo(value: number, dataType: DataType): number {
  if (dataType === 'float16') return fromFloat16Bits(toFloat16Bits(value))
  return dataType === 'float32' ? Math.fround(value) : value
}
