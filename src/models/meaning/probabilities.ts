// Exports add up in float32: a forest whose trees all agree answers -1.19e-7 and 1.0000001.
const TOLERANCE = 1e-3

/** True where every number is one that a probability may have. */
export function areProbabilities(values: readonly number[]): boolean {
  return values.every((value) => value >= -TOLERANCE && value <= 1 + TOLERANCE)
}

/** True where the numbers are the probabilities of classes of which exactly one is right. */
export function sumUpToOne(values: readonly number[]): boolean {
  const sum = values.reduce((total, value) => total + value, 0)
  return Math.abs(sum - 1) < TOLERANCE && areProbabilities(values)
}
