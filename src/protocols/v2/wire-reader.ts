/** The wire types of protocol buffers. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

const MAX_VARINT_BYTES = 10

/**
 * Reads the wire format of protocol buffers from bytes in memory, front to back. Every method throws a RangeError if the
 * bytes end too early, or are not what a writer produces.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class WireReader {
  /** The upper 32 bits of the last varint, signed. `varint` returned the lower ones. */
  high = 0
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length
  }

  /** @returns The lower 32 bits of the varint, signed. */
  varint(): number {
    let low = 0
    this.high = 0
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) throw new RangeError('ends within a number')
      this.#at++
      const shift = 7 * index
      if (shift < 32) low |= (byte & 127) << shift
      if (shift > 28) this.high |= (byte & 127) << (shift - 32)
      else if (shift === 28) this.high = (byte & 127) >> 4
      if (byte < 128) return low
    }
    throw new RangeError('a number has more than ten bytes')
  }

  /** Reads a varint as a number. It is rounded if no double holds it. */
  integer(isSigned: boolean): number {
    const low = this.varint() >>> 0
    return (isSigned ? this.high : this.high >>> 0) * 2 ** 32 + low
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4))
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8))
  }

  /** Reads length-delimited bytes. @returns A view. */
  bytes(): Buffer {
    const length = this.integer(false)
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  skip(wire: number): void {
    if (wire === WIRE.varint) this.varint()
    else if (wire === WIRE.fixed64) this.#take(8)
    else if (wire === WIRE.bytes) this.bytes()
    else if (wire === WIRE.fixed32) this.#take(4)
    else throw new RangeError(`no wire type ${wire}`)
  }

  #take(length: number): number {
    const start = this.#at
    if (length > this.#bytes.length - start) throw new RangeError('ends within a field')
    this.#at = start + length
    return start
  }
}

/** Calls `read` for every field of a message. It must read the field, or skip a field that it does not know. */
export function eachField(bytes: Buffer, read: (field: number, reader: WireReader, wire: number) => void): void {
  const reader = new WireReader(bytes)
  while (!reader.isDone) {
    const tag = reader.integer(false)
    if (tag < 8) throw new RangeError('a field has the number 0')
    read(Math.floor(tag / 8), reader, tag % 8)
  }
}

/** Calls `read` for every element of a repeated field of numbers, packed or not. */
export function eachElement(reader: WireReader, wire: number, read: (reader: WireReader) => void): void {
  expectWire(wire, WIRE.bytes)
  const packed = new WireReader(reader.bytes())
  while (!packed.isDone) read(packed)
}

export function expectWire(wire: number, own: number): void {
  if (wire !== own) throw new RangeError(`expected wire type ${own}, got ${wire}`)
}
