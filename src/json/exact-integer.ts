const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i
// No datatype holds an integer of more digits.
const MAX_DIGITS = 20

/**
 * Reads the text of a decimal number as the integer that it is: `3`, `3.00` and `0.3e1` are the same one.
 *
 * @returns A number where a double holds it exactly, else a bigint; undefined when the number is no integer, or has more
 *   digits than any datatype holds.
 */
export function toExactInteger(text: string): number | bigint | undefined {
  const [, sign, whole = '', decimals = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  const digits = (whole + decimals).replace(/^0+/, '')
  if (sign === undefined || whole + decimals === '') return undefined
  if (digits === '') return sign === '-' ? -0 : 0
  // How many zeros stand behind the digits; a negative count takes digits away, which must be zeros.
  const zeros = Number(exponent) - decimals.length
  if (digits.length + zeros > MAX_DIGITS || digits.length + zeros < 1) return undefined
  if (/[^0]/.test(digits.slice(digits.length + Math.min(0, zeros)))) return undefined
  const integer = `${sign}${zeros < 0 ? digits.slice(0, zeros) : digits + '0'.repeat(zeros)}`
  const number = Number(integer)
  return Number.isSafeInteger(number) ? number : BigInt(integer)
}
