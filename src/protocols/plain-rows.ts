import type { Feature, ModelView } from '../core/model-view.ts'
import type { Tensors } from '../core/tensor.ts'
import { createTable } from './feature-rows.ts'
import type { Table } from './feature-rows.ts'

// Most bodies are numbers under the model's own features, in its own order. These are read straight into the tensors,
// in less time than JSON.parse takes to make objects of them. Whatever is not exactly so is left to the way that reads
// everything and names what is wrong: nothing here ever refuses a body.

const SPACE = 32
const QUOTE = 34
const COMMA = 44
const MINUS = 45
const POINT = 46
const ZERO = 48
const NINE = 57
const COLON = 58
const OPEN_ARRAY = 91
const BACKSLASH = 92
const CLOSE_ARRAY = 93
const OPEN_RECORD = 123
const CLOSE_RECORD = 125
const TILDE = 126
const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent)
// A number of up to 15 digits divided by a power of ten that is exact is rounded once, so it is the nearest double.
const MAX_DIGITS = 15

/**
 * Reads a record, an array of records or of arrays of numbers, or these under "instances".
 *
 * @param body UTF-8 that may be JSON.
 * @returns undefined when it is anything else, or at fault.
 */
export function readPlainRows(body: Buffer, model: ModelView): Tensors | undefined {
  const cursor = new Cursor(body)
  const isEnvelope = cursor.skipOver(OPEN_RECORD) && !model.featureIndex.has('instances') && cursor.skipKey('instances')
  if (!isEnvelope) cursor.rewind()
  const isList = cursor.skipOver(OPEN_ARRAY)
  if (isEnvelope && !isList) return undefined
  const isRecords = cursor.isAt(OPEN_RECORD)
  const rows = isList
    ? count(body, isRecords ? CLOSE_RECORD : CLOSE_ARRAY) - (isRecords === isEnvelope ? 1 : isRecords ? 0 : 1)
    : 1
  if (rows < 1 || rows > model.maxRows || model.signature.inputs.some(({ shape }) => shape[0] !== -1)) return undefined

  const table = createTable(model, rows, body.length)
  for (let row = 0; row < rows; row++) {
    if (row > 0 && !cursor.skipOver(COMMA)) return undefined
    const isRead = isRecords
      ? readRecord(cursor, row, model.features, table)
      : readArray(cursor, row, model.features, table)
    if (!isRead) return undefined
  }
  if (isList && !cursor.skipOver(CLOSE_ARRAY)) return undefined
  if (isEnvelope && !cursor.skipOver(CLOSE_RECORD)) return undefined
  return cursor.isAtEnd() ? table.toInputs() : undefined
}

function readRecord(cursor: Cursor, row: number, features: readonly Feature[], table: Table): boolean {
  if (!cursor.skipOver(OPEN_RECORD)) return false
  for (let index = 0; index < features.length; index++) {
    if (index > 0 && !cursor.skipOver(COMMA)) return false
    if (!cursor.skipKey(features[index]!.name) || !readValue(cursor, row, index, features, table)) return false
  }
  return cursor.skipOver(CLOSE_RECORD)
}

function readArray(cursor: Cursor, row: number, features: readonly Feature[], table: Table): boolean {
  if (!cursor.skipOver(OPEN_ARRAY)) return false
  for (let index = 0; index < features.length; index++) {
    if (index > 0 && !cursor.skipOver(COMMA)) return false
    if (!readValue(cursor, row, index, features, table)) return false
  }
  return cursor.skipOver(CLOSE_ARRAY)
}

function readValue(cursor: Cursor, row: number, index: number, features: readonly Feature[], table: Table): boolean {
  const value = cursor.readNumber()
  if (value === undefined) return false
  if (!table.numbers) return table.write(features[index]!, row, value) === undefined
  // Of so few digits, any number is one that a float holds.
  table.numbers[row * features.length + index] = value
  return true
}

function count(body: Buffer, code: number): number {
  let found = 0
  for (let at = body.indexOf(code); at !== -1; at = body.indexOf(code, at + 1)) found++
  return found
}

/** A place in a body, past white space. Bytes are read far faster than the characters of a string. */
class Cursor {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#skipSpace()
  }

  rewind(): void {
    this.#at = 0
    this.#skipSpace()
  }

  isAt(code: number): boolean {
    return this.#bytes[this.#at] === code
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  skipOver(code: number): boolean {
    if (this.#bytes[this.#at] !== code) return false
    this.#at++
    this.#skipSpace()
    return true
  }

  /** Skips `"name":`, if it stands there without an escape. */
  skipKey(name: string): boolean {
    const bytes = this.#bytes
    let at = this.#at
    if (bytes[at++] !== QUOTE) return false
    for (let index = 0; index < name.length; index++) {
      const code = name.charCodeAt(index)
      // Other characters are several bytes, or are spelled otherwise in JSON: such a name is not found here.
      if (bytes[at++] !== code || code === QUOTE || code === BACKSLASH || code < SPACE || code > TILDE) return false
    }
    if (bytes[at] !== QUOTE) return false
    this.#at = at + 1
    this.#skipSpace()
    return this.skipOver(COLON)
  }

  /** A number without exponent and of few digits; undefined for any other. */
  readNumber(): number | undefined {
    const bytes = this.#bytes
    let at = this.#at
    const isNegative = bytes[at] === MINUS
    if (isNegative) at++
    const start = at
    let digits = 0
    let code = bytes[at]!
    for (; code >= ZERO && code <= NINE; code = bytes[++at]!) digits = digits * 10 + (code - ZERO)
    const whole = at - start
    // 01 is no JSON.
    if (whole === 0 || (whole > 1 && bytes[start] === ZERO)) return undefined
    let decimals = 0
    if (code === POINT) {
      code = bytes[++at]!
      for (; code >= ZERO && code <= NINE; code = bytes[++at]!) {
        digits = digits * 10 + (code - ZERO)
        decimals++
      }
      if (decimals === 0) return undefined
    }
    // An exponent, or whatever else goes on, is found by what must stand behind the number.
    if (whole + decimals > MAX_DIGITS) return undefined
    this.#at = at
    this.#skipSpace()
    const value = decimals === 0 ? digits : digits / POWERS[decimals]!
    return isNegative ? -value : value
  }

  #skipSpace(): void {
    let code = this.#bytes[this.#at]
    while (code === 32 || code === 10 || code === 13 || code === 9) code = this.#bytes[++this.#at]
  }
}
