/** Reads bytes of a file. A caller reads only the bytes that it needs. */
export interface ByteSource {
  readonly length: number
  /** Returns the bytes from `start` to `end`. Both are within the length. */
  read(start: number, end: number): Uint8Array
  /** Returns one byte. `at` is within the length. */
  byteAt(at: number): number
}

/** One field of a message. A length-delimited field has a place, any other field has a value. */
export interface Field {
  readonly number: number
  /** The value of a varint. 0 for any other field. */
  readonly value: bigint
  /** The first byte of the field, including its tag. */
  readonly from: number
  /** The first byte of its content. In a length-delimited field, it is behind the length. */
  readonly start: number
  readonly end: number
  readonly isBytes: boolean
}

/** A range of a source. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Thrown for bytes that are no protobuf, or not the expected message. */
export class WireError extends Error {}

const MAX_VARINT_BYTES = 10
const MAX_TEXT_BYTES = 2 ** 20
// A message may have many fields, because a text vocabulary has one for each word. Most of them are skipped.
const MAX_FIELDS = 2 ** 21

/**
 * Reads the fields of a message, in order. Only tags and lengths are read, so weights are skipped.
 *
 * @param name The name of the message, for error texts.
 * @throws WireError if a length ends beyond the message, a wire type is unknown, a varint is broken, or there are more
 *   than MAX_FIELDS fields.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function* fieldsOf(source: ByteSource, { start, end }: Range, name: string): Generator<Field> {
  let at = start
  for (let count = 1; at < end; count++) {
    checkCount(count, MAX_FIELDS, 'fields', name)
    const from = at
    const tag = readVarint(source, at, end, name)
    const number = Math.floor(varintNumber(tag) / 8)
    at = tag.next
    if (number === 0 || number > 2 ** 29) throw new WireError(`${name} has a field of number ${number}`)
    const type = tag.low & 7
    if (type === 0) {
      const { low, value, next } = readVarint(source, at, end, name)
      yield { number, value: value ?? BigInt(low), from, start: at, end: next, isBytes: false }
      at = next
    } else {
      const { start: content, size } = findContent(source, { start: at, end }, type, name)
      if (size > end - content) throw new WireError(`${name} ends within its field ${number}`)
      yield { number, value: 0n, from, start: content, end: content + size, isBytes: type === 2 }
      at = content + size
    }
  }
}

/** Finds the content of a field that is no varint. `rest` is the rest of the message, behind the tag of the field. */
function findContent(source: ByteSource, rest: Range, type: number, name: string): { start: number; size: number } {
  if (type === 1) return { start: rest.start, size: 8 }
  if (type === 5) return { start: rest.start, size: 4 }
  if (type !== 2) throw new WireError(`${name} is no protobuf: wire type ${type}`)
  const length = readVarint(source, rest.start, rest.end, name)
  const size = varintNumber(length)
  return { start: length.next, size: size > Number.MAX_SAFE_INTEGER ? Infinity : size }
}

interface Varint {
  /** The lowest 28 bits of the value. */
  readonly low: number
  /** The value, if it has more than 28 bits. Nearly all values have fewer, and a bigint for each would be slow. */
  readonly value?: bigint
  readonly next: number
}

function readVarint(source: ByteSource, at: number, end: number, name: string): Varint {
  let low = 0
  for (let index = 0; index < 4 && at + index < end; index++) {
    const byte = source.byteAt(at + index)
    low |= (byte & 127) << (7 * index)
    if (byte < 128) return { low, next: at + index + 1 }
  }
  let value = BigInt(low)
  for (let index = 4; index < MAX_VARINT_BYTES && at + index < end; index++) {
    const byte = source.byteAt(at + index)
    value |= BigInt(byte & 127) << BigInt(7 * index)
    if (byte < 128) return { low, value: BigInt.asUintN(64, value), next: at + index + 1 }
  }
  throw new WireError(`${name} ends within a number`)
}

function varintNumber({ low, value }: Varint): number {
  return value === undefined ? low : Number(value)
}

/**
 * Limits the number of elements. Each takes more memory than it has bytes in the file.
 *
 * @throws WireError if there are more than `most`.
 */
export function checkCount(count: number, most: number, what: string, name: string): void {
  if (count > most) throw new WireError(`${name} has more than ${most} ${what}`)
}

/** Reads a string. Bytes that are no UTF-8 become U+FFFD. */
export function readText(source: ByteSource, { start, end }: Range, name: string): string {
  if (end - start > MAX_TEXT_BYTES) throw new WireError(`${name} is longer than ${MAX_TEXT_BYTES} bytes`)
  return Buffer.from(source.read(start, end)).toString('utf8')
}

/** Reads the integers of a field one by one, packed or not. Their number is not known beforehand. */
export function* integersOf(source: ByteSource, field: Field, name: string): Generator<bigint> {
  if (!field.isBytes) yield BigInt.asIntN(64, field.value)
  else {
    for (let at = field.start; at < field.end;) {
      const { low, value, next } = readVarint(source, at, field.end, name)
      yield value === undefined ? BigInt(low) : BigInt.asIntN(64, value)
      at = next
    }
  }
}

/** Encodes a varint. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Uint8Array.from([...bytes, rest])
}

/** Encodes a length-delimited field, including its tag. */
export function bytesField(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content])
}

/** Encodes a varint field, including its tag. */
export function integerField(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)])
}
