/** Where the bytes of a file come from; never more of it than asked for. */
export interface ByteSource {
  readonly length: number
  /** The bytes from `start` to `end`, both within the length. */
  read(start: number, end: number): Uint8Array
  /** One byte, within the length. */
  byteAt(at: number): number
}

/** One field of a message: of length-delimited ones the place, of the others the value. */
export interface Field {
  readonly number: number
  /** The value of a varint; 0 for every other. */
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
    const number = Math.floor(varintNumber(tag) / 8)
    at = tag.next
    if (number === 0 || number > 2 ** 29) throw new WireError(`${name} has a field of number ${number}`)
    const type = tag.low & 7
    if (type === 0) {
      const { low, value, next } = readVarint(source, at, end, name)
      yield { number, value: value ?? BigInt(low), from, start: at, end: next, isBytes: false }
      at = next
    } else {
      const { start: content, size } = contentOf(source, at, end, type, name)
      if (size > end - content) throw new WireError(`${name} ends within its field ${number}`)
      yield { number, value: 0n, from, start: content, end: content + size, isBytes: type === 2 }
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
  const length = readVarint(source, at, end, name)
  const size = varintNumber(length)
  return { start: length.next, size: size > Number.MAX_SAFE_INTEGER ? Infinity : size }
}

interface Varint {
  /** The value, or its lowest 28 bits where it has more. */
  readonly low: number
  /** The value where it has more than 28 bits. Nearly all have less, and making a bigint of each would be slow. */
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
      const { low, value, next } = readVarint(source, at, field.end, name)
      yield value === undefined ? BigInt(low) : BigInt.asIntN(64, value)
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
