import { maxTextBytes } from '../../core/json-size.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Members, Part, Values } from './row-values.ts'

/** Some values of a row, and the text around them. */
interface Field {
  /** The text before the first value. */
  readonly open: string
  /** Returns the text before any other value. */
  readonly between: (index: number) => string
  readonly count: number
  readonly text: Values['text']
}

/** The text of a row. Every row has the same text around its values. */
export interface RowText {
  readonly fields: readonly Field[]
  /** The text behind the last value. */
  readonly close: string
  /** Returns the most bytes that so many rows take. */
  readonly maxBytes: (rows: number) => number
}

/** The text around rows. */
export interface Frame {
  readonly head: string
  readonly between: string
  readonly tail: string
}

// A piece of this length is written in well under a millisecond.
const PIECE_LENGTH = 2 ** 12

/** Writes rows in pieces of some kilobytes. Each piece is written when it is asked for. */
export function* writeRows(
  { fields, close }: RowText,
  rows: number,
  { head, between: betweenRows, tail }: Frame,
): Generator<string, void> {
  let piece = head
  for (let row = 0; row < rows; row++) {
    if (row > 0) piece += betweenRows
    for (const { open, between, count, text } of fields) {
      for (let index = 0; index < count; index++) {
        piece += index === 0 ? open : between(index)
        piece += text(row, index)
        if (piece.length < PIECE_LENGTH) continue
        yield piece
        piece = ''
      }
    }
    piece += close
  }
  yield piece + tail
}

/** Writes rows as JSON. */
export function jsonRow(part: Part): RowText {
  const writer = new JsonRow()
  writer.add(part)
  return writer
}

class JsonRow implements RowText {
  readonly fields: Field[] = []
  #valueBytes = 0
  #rowBytes = 1
  /** The text before the next value. */
  #pending = ''

  get close(): string {
    return this.#pending
  }

  maxBytes(rows: number): number {
    return this.#valueBytes + rows * this.#rowBytes
  }

  add(part: Part): void {
    if ('members' in part) this.#addMembers(part)
    else this.#addValues(part)
  }

  #addMembers({ members }: Members): void {
    let before = '{'
    for (const member of members) {
      const key = member[0]
      this.#rowBytes += maxTextBytes(key) + 1
      this.#pending += before + key
      this.add(member[1])
      before = ','
    }
    this.#rowBytes += 2
    this.#pending += members.length === 0 ? '{}' : '}'
  }

  #addValues(values: Values): void {
    const { shape, keys, text } = values
    const count = elementCount(shape)
    this.#valueBytes += values.maxBytes
    this.#rowBytes += bracketBytes(values)
    const open = this.#pending
    if (count === 0) {
      // The brackets may be long, so they are written as a value: later, and only if the answer is not too large.
      this.fields.push({ open, between: comma, count: 1, text: () => emptyText(values) })
      this.#pending = ''
    } else if (keys) {
      const texts = keys === 'own' ? undefined : keys.texts
      const between = texts ? (index: number): string => `,${texts[index]}` : comma
      this.fields.push({ open: `${open}{${texts ? texts[0] : ''}`, between, count, text })
      this.#pending = '}'
    } else {
      const between = shape.length < 2 ? comma : betweenNested(shape)
      this.fields.push({ open: open + OPEN.repeat(shape.length), between, count, text })
      this.#pending = CLOSE.repeat(shape.length)
    }
  }
}

const OPEN = '['
const CLOSE = ']'
const comma = (): string => ','

/** Writes the text between the elements of nested arrays: as many arrays begin as end. */
function betweenNested(shape: readonly number[]): (index: number) => string {
  const texts = shape.map((_, ends) => `${']'.repeat(ends)},${'['.repeat(ends)}`)
  const sizes = shape.slice(1).map((_, axis) => elementCount(shape.slice(axis + 1)))
  return (index) => {
    let ends = 0
    for (let axis = sizes.length - 1; axis >= 0 && index % (sizes[axis] ?? 1) === 0; axis--) ends++
    return texts[ends]!
  }
}

/** Returns the most bytes that the brackets and keys around these values take in one row. */
function bracketBytes({ shape, keys }: Values): number {
  if (keys) return keys === 'own' ? 3 : keys.maxBytes + 3
  let arrays = 0
  for (let axis = 0; axis < shape.length; axis++) arrays += axis === 0 ? 1 : elementCount(shape.slice(0, axis))
  return 3 * arrays
}

function emptyText({ shape, keys }: Values): string {
  if (keys) return '{}'
  return shape.reduceRight((inner, size) => (size === 0 ? '[]' : `[${`${inner},`.repeat(size - 1)}${inner}]`), '')
}

/**
 * Writes rows as CSV: the label of a classifier, else all numbers and texts.
 *
 * @param part Its texts are JSON. NaN and the infinities are null or strings.
 */
export function csvRow(part: Part): RowText {
  const cells = cellsOf(part)
  const fields = cells.map(({ shape, text }, index): Field => {
    const count = elementCount(shape)
    const cell = (row: number, column: number): string => (count === 0 ? '' : toCell(text(row, column)))
    return { open: index === 0 ? '' : ',', between: comma, count: Math.max(1, count), text: cell }
  })
  const valueBytes = cells.reduce((sum, { maxBytes }) => sum + maxBytes, 0)
  return { fields, close: '', maxBytes: (rows) => valueBytes + rows * (cells.length + 1) }
}

const LABEL = '"label":'

function cellsOf(part: Part): Values[] {
  if (!('members' in part)) {
    const { keys, text, maxBytes } = part
    const at = typeof keys === 'object' ? keys.texts.indexOf(LABEL) : -1
    return at === -1 ? [part] : [{ shape: [], keys: undefined, text: onlyAt(text, at), maxBytes }]
  }
  const label = part.members.find(([key]) => key === LABEL)
  return label ? cellsOf(label[1]) : part.members.flatMap(([, member]) => cellsOf(member))
}

function onlyAt(text: Values['text'], at: number): Values['text'] {
  return (row) => text(row, at)
}

function toCell(json: string): string {
  if (json === 'null') return ''
  if (!json.startsWith('"')) return json
  const text = JSON.parse(json) as string
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
