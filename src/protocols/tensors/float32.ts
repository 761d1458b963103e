// Below this, neighbouring float32 lie closer than 1e-6, so six decimals that fit are the shortest.
const SIX_DECIMALS_BELOW = 8

/**
 * The shortest decimal that reads back as the same float32: 0.98 instead of 0.9800000190734863.
 * Nothing is lost; whoever rounds it to float32 gets the same bits.
 *
 * @param value A finite float32.
 */
export function shortestFloat32(value: number): number {
  // Most answers are short, and found in a few nanoseconds.
  const rounded = Math.round(value * 1e6) / 1e6
  if (Math.fround(rounded) === value && Math.abs(value) < SIX_DECIMALS_BELOW) return rounded
  // Any decimal of up to six digits survives float32, and nine digits always tell one float32 from the next.
  const exponent = Math.floor(Math.log10(Math.abs(value)))
  for (let digits = 6; digits <= 9; digits++) {
    const power = POWERS[digits - 1 - exponent]
    // Far faster than `toPrecision`, which is for the very large and the very small.
    const candidate = power ? Math.round(value * power) / power : Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return Number(value.toPrecision(9))
}

// These are exact, so that a division by one is rounded once, and prints as the decimal that it is.
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
