import { DATA_TYPES } from './datatypes.ts'
import { fromFloat16Bits } from './float16.ts'
import type { Tensor } from './tensor.ts'

export const ACTIVATIONS = ['softmax', 'sigmoid', 'none'] as const

/** The function that turns the last numbers of a network into those of its classes. */
export interface Activation {
  readonly name: (typeof ACTIVATIONS)[number]
  /** Why this function was chosen. */
  readonly reason: string
  /**
   * Present if the graph does not tell whether its numbers are probabilities already. The first answers of the model
   * decide then. `signed`: the last operator can make negative numbers. `bounded`: it cannot, or it is not known.
   */
  readonly guessed?: 'signed' | 'bounded'
}

/**
 * Turns the numbers of a network into those of its classes, row by row, in float64.
 *
 * If two classes share a single number, it belongs to the second class. The first class gets the rest up to 1.
 *
 * @param scores Floats of shape [rows, width] or [rows]; not changed.
 * @param classes Number of classes in the answer.
 * @returns Floats of shape [rows, classes]; float16 becomes float32. `scores` itself if there is nothing to do.
 */
export function activate(scores: Tensor, name: Activation['name'], classes: number): Tensor {
  const [rows = 0, width = 1] = scores.shape
  const isShared = width === 1 && classes === 2
  if (name === 'none' && !isShared) return scores
  const dataType = scores.dataType === 'float64' ? 'float64' : 'float32'
  const columns = isShared ? 2 : width
  const data = DATA_TYPES[dataType].allocate(rows * columns) as Float32Array | Float64Array
  for (let row = 0; row < rows; row++) {
    const values = APPLY[name](readRow(scores, row * width, width))
    data.set(isShared ? [1 - values[0]!, values[0]!] : values, row * columns)
  }
  return { dataType, shape: [rows, columns], data }
}

/** Reads a row of floats as numbers. */
export function readRow({ dataType, data }: Tensor, from: number, width: number): number[] {
  const row = Array.from({ length: width }, (_, column) => Number(data[from + column]))
  return dataType === 'float16' ? row.map(fromFloat16Bits) : row
}

const APPLY: Readonly<Record<Activation['name'], (values: readonly number[]) => readonly number[]>> = {
  none: (values) => values,
  sigmoid: (values) => values.map((value) => 1 / (1 + Math.exp(-value))),
  softmax: toSoftmax,
}

function toSoftmax(values: readonly number[]): number[] {
  // Without this shift, the exponential of 1000 would be infinite.
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity)
  const exponentials = values.map((value) => Math.exp(value - largest))
  const sum = exponentials.reduce((total, value) => total + value, 0)
  return exponentials.map((value) => value / sum)
}
