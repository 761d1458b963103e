/** Where the bytes of a file come from; never more of it than asked for. */
export interface ByteSource {
  readonly length: number
  /** The bytes from `start` to `end`, both within the length. */
  read(start: number, end: number): Uint8Array
}

/** One field of a message: of length-delimited ones the place, of the others the value. */
export interface Field {
  readonly number: number
  /** The value of a varint or of a fixed number, as its bits. */
  readonly value: bigint
  /** Where the field begins, its tag included. */
  readonly from: number
  /** Where its content begins; of a length-delimited field what is behind the length. */
  readonly start: number
  readonly end: number
  readonly isBytes: boolean
}

/** A range of a source. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** A file that is no protobuf, or not the message that it should be. */
export class WireError extends Error {}

const MAX_VARINT_BYTES = 10
const MAX_TEXT_BYTES = 2 ** 20
// Of the fields of one message most are passed over: a text vocabulary has one for each word.
const MAX_FIELDS = 2 ** 21

/**
 * The fields of a message, in order. Reads tags and lengths alone, so that weights are passed over.
 *
 * @param name What is being read, for the messages.
 * @throws WireError when it is no message: a length beyond its end, an unknown wire type, a broken varint; or when it
 *   has more fields than any model.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function* fieldsOf(source: ByteSource, { start, end }: Range, name: string): Generator<Field> {
  let at = start
  for (let count = 1; at < end; count++) {
    checkCount(count, MAX_FIELDS, 'fields', name)
    const from = at
    const tag = readVarint(source, at, end, name)
    const number = Number(tag.value >> 3n)
    at = tag.next
    if (number === 0 || number > 2 ** 29) throw new WireError(`${name} has a field of number ${number}`)
    const type = Number(tag.value & 7n)
    if (type === 0) {
      const { value, next } = readVarint(source, at, end, name)
      yield { number, value, from, start: at, end: next, isBytes: false }
      at = next
    } else {
      const { start: content, size } = contentOf(source, at, end, type, name)
      if (size > end - content) throw new WireError(`${name} ends within its field ${number}`)
      const value = type === 2 ? 0n : readFixed(source, content, size)
      yield { number, value, from, start: content, end: content + size, isBytes: type === 2 }
      at = content + size
    }
  }
}

function contentOf(
  source: ByteSource,
  at: number,
  end: number,
  type: number,
  name: string,
): { start: number; size: number } {
  if (type === 1) return { start: at, size: 8 }
  if (type === 5) return { start: at, size: 4 }
  if (type !== 2) throw new WireError(`${name} is no protobuf: wire type ${type}`)
  const { value, next } = readVarint(source, at, end, name)
  return { start: next, size: value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value) }
}

function readVarint(source: ByteSource, at: number, end: number, name: string): { value: bigint; next: number } {
  const bytes = source.read(at, Math.min(end, at + MAX_VARINT_BYTES))
  let low = 0
  // Nearly all are short, and a bigint for each byte would be slow.
  for (let index = 0; index < bytes.length && index < 4; index++) {
    const byte = bytes[index]!
    low += (byte & 127) << (7 * index)
    if (byte < 128) return { value: BigInt(low), next: at + index + 1 }
  }
  let value = BigInt(low)
  for (let index = 4; index < bytes.length; index++) {
    const byte = bytes[index]!
    value |= BigInt(byte & 127) << BigInt(7 * index)
    if (byte < 128) return { value: BigInt.asUintN(64, value), next: at + index + 1 }
  }
  throw new WireError(`${name} ends within a number`)
}

function readFixed(source: ByteSource, start: number, size: number): bigint {
  let value = 0n
  for (const byte of source.read(start, start + size).toReversed()) value = (value << 8n) | BigInt(byte)
  return value
}

/**
 * Bounds how many of something there are: each costs more memory than it takes bytes in the file.
 *
 * @throws WireError when there are more.
 */
export function checkCount(count: number, most: number, what: string, name: string): void {
  if (count > most) throw new WireError(`${name} has more than ${most} ${what}`)
}

/** A string, replaced where it is no UTF-8. */
export function readText(source: ByteSource, { start, end }: Range, name: string): string {
  if (end - start > MAX_TEXT_BYTES) throw new WireError(`${name} is longer than ${MAX_TEXT_BYTES} bytes`)
  return Buffer.from(source.read(start, end)).toString('utf8')
}

/** The integers of one field, whether packed or not, one by one: nobody knows beforehand how many there are. */
export function* integersOf(source: ByteSource, field: Field, name: string): Generator<bigint> {
  if (!field.isBytes) yield BigInt.asIntN(64, field.value)
  else {
    for (let at = field.start; at < field.end;) {
      const { value, next } = readVarint(source, at, field.end, name)
      yield BigInt.asIntN(64, value)
      at = next
    }
  }
}

/** A varint's bytes. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Uint8Array.from([...bytes, rest])
}

/** A length-delimited field, its tag included. */
export function bytesField(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content])
}

/** A varint field, its tag included. */
export function integerField(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)])
}
