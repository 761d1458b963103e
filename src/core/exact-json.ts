import { randomBytes } from 'node:crypto'
import { toExactInteger } from './exact-integer.ts'

// JSON.parse makes doubles of numbers, and some of them other integers than the text says: these are found in the text.

/** A number that is no integer, although the double nearest to it is one. */
export class Fraction {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

// A number of fewer digits, without an exponent, is not changed when it is parsed.
const SUSPECT = /\d{16}|[\d.]{17}|\d[eE]/
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
// Longer ones fit no datatype, and are told as the numbers that JSON.parse makes of them.
const MAX_DIGITS = 20
const MAX_INTEGER = 10 ** MAX_DIGITS
const QUOTE = 34
const COLON = 58
const BACKSLASH = 92

/**
 * As `JSON.parse`, but integers beyond 2^53 come as bigint, and what a double would make an integer as `Fraction`.
 *
 * @throws SyntaxError when it is no JSON.
 */
export function parseExactly(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text)
  // No client knows it beforehand.
  const mark = `${randomBytes(6).toString('base64')}:`
  try {
    return withoutMarks(JSON.parse(markNumbers(Buffer.from(text), mark)), mark)
  } catch {
    // What is wrong is told of the text as it came.
    return JSON.parse(text)
  }
}

/** Makes strings, with a mark, of the numbers that a double does not hold; a reviver would cost far more. */
function markNumbers(bytes: Buffer, mark: string): string {
  const opening = Buffer.from(`"${mark}`)
  // Marked numbers have four characters at least, and something between them.
  const result = Buffer.allocUnsafe(bytes.length + Math.ceil(bytes.length / 4) * (opening.length + 1))
  let to = 0
  let at = 0
  while (at < bytes.length) {
    const end = bytes[at] === QUOTE ? endOfText(bytes, at) : isDigit(bytes[at]!) ? endOfNumber(bytes, at) : at + 1
    const start = bytes[at] !== QUOTE && bytes[at - 1] === 45 ? at - 1 : at
    const isMarked = end - at > 3 && bytes[at] !== QUOTE && isInexact(bytes, start, end)
    if (isMarked) {
      to -= at - start
      for (let index = 0; index < opening.length; index++) result[to++] = opening[index]!
      at = start
    }
    while (at < end) result[to++] = bytes[at++]!
    if (isMarked) result[to++] = QUOTE
  }
  return result.toString('utf8', 0, to)
}

function isInexact(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] === 45 ? start + 1 : start
  let at = first
  while (at < end && isDigit(bytes[at]!)) at++
  if (at === end) return isLong(bytes, first, end) && !isKey(bytes, end)
  const text = bytes.toString('latin1', start, end)
  if (text.length < 16 && !SUSPECT.test(text)) return false
  const double = Number(text)
  if (!NUMBER.test(text) || isKey(bytes, end) || !Number.isInteger(double)) return false
  const integer = toExactInteger(text)
  // Above 10^20 no integer is held by any datatype: such a number stays the double that it is.
  return integer === undefined ? double < MAX_INTEGER && double > -MAX_INTEGER : typeof integer === 'bigint'
}

/** Whether digits are an integer beyond 2^53 that a datatype may hold. */
function isLong(bytes: Buffer, first: number, end: number): boolean {
  const digits = end - first
  if (digits < 16 || digits > MAX_DIGITS || bytes[first] === 48) return false
  return digits > 16 || !Number.isSafeInteger(Number(bytes.toString('latin1', first, end)))
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** Behind the last of the digits, signs, point and exponent that make a number, or none. */
function endOfNumber(bytes: Buffer, from: number): number {
  let at = from
  for (let code = bytes[at]!; isDigit(code) || code === 46 || code === 43 || code === 45 || (code | 32) === 101;) {
    code = bytes[++at]!
  }
  return at
}

function endOfText(bytes: Buffer, from: number): number {
  let at = from + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return Math.min(at + 1, bytes.length)
}

/** A number in the place of a key is no JSON, and must not become any. */
function isKey(bytes: Buffer, end: number): boolean {
  let at = end
  while (bytes[at]! <= 32) at++
  return bytes[at] === COLON
}

/** Puts numbers where strings have the mark; without recursion, however deep they stand. */
function withoutMarks(root: unknown, mark: string): unknown {
  const wrapper = [root]
  const containers: (unknown[] | Record<string, unknown>)[] = [wrapper]
  for (let container = containers.pop(); container; container = containers.pop()) {
    const keys = Array.isArray(container) ? undefined : Object.keys(container)
    const values = container as Record<string | number, unknown>
    const count = keys ? keys.length : (container as unknown[]).length
    for (let index = 0; index < count; index++) {
      const key = keys ? keys[index]! : index
      const value = values[key]
      if (typeof value === 'string') {
        if (value.startsWith(mark)) values[key] = toNumber(value.slice(mark.length))
      } else if (typeof value === 'object' && value !== null) containers.push(value as unknown[])
    }
  }
  return wrapper[0]
}

function toNumber(text: string): number | bigint | Fraction {
  return toExactInteger(text) ?? new Fraction(text)
}

/** As `JSON.stringify`, with numbers that came from `parseExactly` as they stood there. */
export function toExactJson(value: unknown): string {
  const mark = randomBytes(6).toString('base64')
  const marked = JSON.stringify(value, (_key, each: unknown) => {
    return typeof each === 'bigint' ? `${mark}${each}` : each instanceof Fraction ? mark + each.text : each
  })
  return marked.replaceAll(new RegExp(`"${mark.replaceAll('+', '\\+')}([^"]*)"`, 'g'), '$1')
}
