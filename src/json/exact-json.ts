import { randomBytes } from 'node:crypto'
import { toExactInteger } from './exact-integer.ts'

// JSON.parse reads every number as a double. A double changes integers beyond 2^53 and numbers with many digits.
// This module finds these numbers in the text and keeps their digits.

/** A number that is not an integer, although its nearest double is one. No integer input may take it. */
export class Fraction {
  /** The number as the client wrote it. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

// JSON.parse cannot change a number with fewer than 16 digits and no exponent.
const SUSPECT = /\d{16}|[\d.]{17}|\d[eE]/
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
// No datatype holds an integer with more digits. Such a number stays the double that JSON.parse makes.
const MAX_DIGITS = 20
const MAX_INTEGER = 10 ** MAX_DIGITS
// A string with this prefix stands for a number while JSON.parse runs. It is random, so that no client can guess it.
const MARK = `${randomBytes(6).toString('base64url')}:`
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g')
const SPACE = 32
const QUOTE = 34
const PLUS = 43
const MINUS = 45
const POINT = 46
const ZERO = 48
const NINE = 57
const COLON = 58
const BACKSLASH = 92
const SMALL_E = 101

/**
 * Parses JSON as `JSON.parse` does, but keeps numbers that a double changes. Integers beyond 2^53 become bigint. A number
 * whose nearest double is another integer becomes a `Fraction`.
 *
 * @throws SyntaxError when the text is not JSON. The message is that of `JSON.parse` for the same text.
 */
export function parseExactly(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text)
  try {
    return replaceMarks(JSON.parse(markNumbers(Buffer.from(text))))
  } catch {
    // The marked text has other positions, so the error must come from the text of the client.
    return JSON.parse(text)
  }
}

/** Turns each number that a double changes into a string with the mark. A reviver of JSON.parse takes twenty times as long. */
function markNumbers(bytes: Buffer): string {
  const opening = Buffer.from(`"${MARK}`)
  // A marked number has at least four characters, and a separator before the next one.
  const result = Buffer.allocUnsafe(bytes.length + Math.ceil(bytes.length / 4) * (opening.length + 1))
  let to = 0
  let at = 0
  while (at < bytes.length) {
    const isString = bytes[at] === QUOTE
    const end = endOfToken(bytes, at)
    const start = !isString && bytes[at - 1] === MINUS ? at - 1 : at
    const isMarked = !isString && end - at > 3 && isInexact(bytes, start, end)
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
  const first = bytes[start] === MINUS ? start + 1 : start
  let at = first
  while (at < end && isDigit(bytes[at]!)) at++
  if (at === end) return isInexactInteger(bytes, first, end) && !standsForKey(bytes, end)
  const text = bytes.toString('latin1', start, end)
  if (text.length < 16 && !SUSPECT.test(text)) return false
  const double = Number(text)
  if (!NUMBER.test(text) || standsForKey(bytes, end) || !Number.isInteger(double)) return false
  const integer = toExactInteger(text)
  return integer === undefined ? double < MAX_INTEGER && double > -MAX_INTEGER : typeof integer === 'bigint'
}

/** Is true for the digits of an integer beyond 2^53 that some datatype can hold. */
function isInexactInteger(bytes: Buffer, first: number, end: number): boolean {
  const digits = end - first
  if (digits < 16 || digits > MAX_DIGITS || bytes[first] === ZERO) return false
  return digits > 16 || !Number.isSafeInteger(Number(bytes.toString('latin1', first, end)))
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}

function endOfToken(bytes: Buffer, at: number): number {
  if (bytes[at] === QUOTE) return endOfText(bytes, at)
  return isDigit(bytes[at]!) ? endOfNumber(bytes, at) : at + 1
}

/** Returns the index behind a run of characters that numbers consist of. The run need not be a valid number. */
function endOfNumber(bytes: Buffer, from: number): number {
  let at = from
  for (
    let code = bytes[at]!;
    isDigit(code) || code === POINT || code === PLUS || code === MINUS || (code | 32) === SMALL_E;
  ) {
    code = bytes[++at]!
  }
  return at
}

function endOfText(bytes: Buffer, from: number): number {
  let at = from + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return Math.min(at + 1, bytes.length)
}

/** Is true if a number stands in the place of a key. That is not JSON, but a marked string would be a valid key. */
function standsForKey(bytes: Buffer, end: number): boolean {
  let at = end
  while (bytes[at]! <= SPACE) at++
  return bytes[at] === COLON
}

/** Replaces marked strings by their numbers, in place. It does not recurse, so no nesting overflows the stack. */
function replaceMarks(root: unknown): unknown {
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
        if (value.startsWith(MARK)) values[key] = toExactNumber(value.slice(MARK.length))
      } else if (typeof value === 'object' && value !== null) containers.push(value as unknown[])
    }
  }
  return wrapper[0]
}

function toExactNumber(text: string): number | bigint | Fraction {
  return toExactInteger(text) ?? new Fraction(text)
}

/** Writes JSON as `JSON.stringify` does, but a bigint and a `Fraction` with all their digits. */
export function toExactJson(value: unknown): string {
  const marked = JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'bigint') return `${MARK}${each}`
    return each instanceof Fraction ? MARK + each.text : each
  })
  return marked.replaceAll(MARKED, '$1')
}
