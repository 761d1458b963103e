// Exports add numbers in float32. A forest whose trees all agree answers -1.19e-7 and 1.0000001.
const TOLERANCE = 1e-3

/** True if every number lies between 0 and 1. */
export function areProbabilities(values: readonly number[]): boolean {
  return values.every((value) => value >= -TOLERANCE && value <= 1 + TOLERANCE)
}

/** True if the numbers are probabilities of classes that exclude each other. */
export function sumUpToOne(values: readonly number[]): boolean {
  const sum = values.reduce((total, value) => total + value, 0)
  return Math.abs(sum - 1) < TOLERANCE && areProbabilities(values)
}
