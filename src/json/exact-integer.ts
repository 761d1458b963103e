const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i
// No datatype holds an integer with more digits.
const MAX_DIGITS = 20

/**
 * Reads a decimal number as an integer. The notation does not matter: `3`, `3.00` and `0.3e1` are the same integer.
 *
 * @returns A number if a double holds the integer exactly, else a bigint. Undefined if the text is not an integer, or if
 *   the integer has more digits than any datatype holds.
 */
export function toExactInteger(text: string): number | bigint | undefined {
  const [, sign, whole = '', decimals = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  const digits = (whole + decimals).replace(/^0+/, '')
  if (sign === undefined || whole + decimals === '') return undefined
  if (digits === '') return sign === '-' ? -0 : 0
  // The number of zeros behind the digits. If it is negative, so many digits are decimals, and must be zeros.
  const zeros = Number(exponent) - decimals.length
  if (digits.length + zeros > MAX_DIGITS || digits.length + zeros < 1) return undefined
  if (/[^0]/.test(digits.slice(digits.length + Math.min(0, zeros)))) return undefined
  const integer = `${sign}${zeros < 0 ? digits.slice(0, zeros) : digits + '0'.repeat(zeros)}`
  const number = Number(integer)
  return Number.isSafeInteger(number) ? number : BigInt(integer)
}
