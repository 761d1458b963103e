// Below this number, adjacent float32 numbers differ by less than 1e-6. So six decimals that fit are the shortest text.
const SIX_DECIMALS_BELOW = 8

/**
 * Finds the shortest decimal that reads back as the same float32, such as 0.98 instead of 0.9800000190734863.
 *
 * @param value A finite float32.
 */
export function shortestFloat32(value: number): number {
  // Most decimals are short, and are found here in a few nanoseconds.
  const rounded = Math.round(value * 1e6) / 1e6
  if (Math.fround(rounded) === value && Math.abs(value) < SIX_DECIMALS_BELOW) return rounded
  // Six digits always survive a conversion to float32. Nine digits always distinguish two float32 numbers.
  const exponent = Math.floor(Math.log10(Math.abs(value)))
  for (let digits = 6; digits <= 9; digits++) {
    const power = POWERS[digits - 1 - exponent]
    // A division is far faster than `toPrecision`, which is left for very large and very small numbers.
    const candidate = power ? Math.round(value * power) / power : Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return Number(value.toPrecision(9))
}

// These powers are exact, so a division by one is rounded only once.
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
