/**
 * The shortest decimal that reads back as the same float32: 0.98 instead of 0.9800000190734863.
 * Nothing is lost; whoever rounds it to float32 gets the same bits.
 *
 * @param value A finite float32.
 */
export function shortestFloat32(value: number): number {
  // Most answers are short; this finds up to six decimals in a few nanoseconds.
  const rounded = Math.round(value * 1e6) / 1e6
  if (Math.fround(rounded) === value) return rounded
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return Number(value.toPrecision(9))
}
