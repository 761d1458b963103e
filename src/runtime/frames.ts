// A frame: the length of its head and of its bytes (two uint32, little-endian), the head as JSON, then the bytes. The head
// is padded with spaces, so that the bytes start at a multiple of 8, as every part of them does.

export interface Frame {
  readonly head: unknown
  /** A view into what was received. */
  readonly bytes: Uint8Array
}

export const PREFIX_BYTES = 8
const ALIGNMENT = 8

/** Writes a frame as one buffer. */
export function toFrame(head: object, parts: readonly Uint8Array[] = []): Buffer {
  const text = JSON.stringify(head)
  const headBytes = aligned(Buffer.byteLength(text))
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + headBytes + partsLength(parts))
  frame.writeUInt32LE(headBytes, 0)
  frame.writeUInt32LE(frame.length - PREFIX_BYTES - headBytes, 4)
  const end = PREFIX_BYTES + frame.write(text, PREFIX_BYTES)
  frame.fill(' ', end, PREFIX_BYTES + headBytes)
  let at = PREFIX_BYTES + headBytes
  for (const part of parts) {
    frame.set(part, at)
    at += aligned(part.byteLength)
  }
  return frame
}

/** The length of parts one behind the other, each padded to a multiple of 8 bytes. */
export function partsLength(parts: readonly Uint8Array[]): number {
  let bytes = 0
  for (const { byteLength } of parts) bytes += aligned(byteLength)
  return bytes
}

/** The next multiple of 8. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

/** Bytes of head and parts that follow a prefix. */
export function restLength(prefix: Buffer): number {
  return prefix.readUInt32LE(0) + prefix.readUInt32LE(4)
}

/** @param rest What follows the prefix, whole. */
export function fromFrame(prefix: Buffer, rest: Buffer): Frame {
  const headBytes = prefix.readUInt32LE(0)
  return { head: JSON.parse(rest.toString('utf8', 0, headBytes)), bytes: rest.subarray(headBytes) }
}

/** Finds the frames in a stream, however it is cut into chunks. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** @returns The frames that the stream has completed with this chunk. */
  read(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    while (this.#rest.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + restLength(this.#rest)
      if (this.#rest.length < end) break
      frames.push(fromFrame(this.#rest, this.#rest.subarray(PREFIX_BYTES, end)))
      this.#rest = this.#rest.subarray(end)
    }
    return frames
  }
}
