import { randomUUID } from 'node:crypto'

// Fewer digits are always exact.
const LONG_DIGITS = /\d{16}/
// Strings are passed over, numbers taken whole: no text makes this search go back.
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs
// Longer ones fit no datatype, and are told as the numbers that JSON.parse makes of them.
const LONG_INTEGER = /^-?\d{16,20}$/

/**
 * As `JSON.parse`, which rounds integers beyond 2^53: they come as bigint. At a cost where there are any.
 *
 * @throws SyntaxError when it is no JSON.
 */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (!LONG_DIGITS.test(text)) return value
  // They are marked in the text first. No client knows the mark beforehand.
  const mark = `${randomUUID()}:`
  const marked = text.replaceAll(STRING_OR_NUMBER, (found) => {
    return LONG_INTEGER.test(found) && !Number.isSafeInteger(Number(found)) ? `"${mark}${found}"` : found
  })
  return JSON.parse(marked, (_key, each: unknown) =>
    typeof each === 'string' && each.startsWith(mark) ? BigInt(each.slice(mark.length)) : each,
  )
}

/** As `JSON.stringify`, with bigints as the numbers that they are. */
export function toExactJson(value: unknown): string {
  const mark = randomUUID()
  const marked = JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${mark}${each}` : each))
  return marked.replaceAll(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1')
}
