// A frame has the length of its head and of its bytes (two uint32, little-endian), the head as JSON, then the bytes. The
// head is padded with spaces, so that the bytes start at a multiple of 8. Each part of the bytes starts at one as well.

export interface Frame {
  readonly head: unknown
  /** A view into the received chunk. */
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

/** Returns the length of all parts, each padded to a multiple of 8 bytes. */
export function partsLength(parts: readonly Uint8Array[]): number {
  let bytes = 0
  for (const { byteLength } of parts) bytes += aligned(byteLength)
  return bytes
}

/** Returns the next multiple of 8. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

/** Returns the number of bytes that follow a prefix. */
export function restLength(prefix: Buffer): number {
  return prefix.readUInt32LE(0) + prefix.readUInt32LE(4)
}

/** @param rest All bytes that follow the prefix. */
export function fromFrame(prefix: Buffer, rest: Buffer): Frame {
  const headBytes = prefix.readUInt32LE(0)
  return { head: JSON.parse(rest.toString('utf8', 0, headBytes)), bytes: rest.subarray(headBytes) }
}

/** Finds the frames in a stream of chunks. It copies each byte at most once. */
export class FrameReader {
  #chunks: Buffer[] = []
  #length = 0
  /** Bytes that must be there before the next frame or prefix is complete. */
  #needed = PREFIX_BYTES

  /** @returns The frames that are complete with this chunk. */
  read(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    const frames: Frame[] = []
    while (this.#length >= this.#needed) {
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length)
      const end = PREFIX_BYTES + restLength(all)
      const isWhole = all.length >= end
      if (isWhole) frames.push(fromFrame(all, all.subarray(PREFIX_BYTES, end)))
      const rest = isWhole ? all.subarray(end) : all
      this.#chunks = rest.length === 0 ? [] : [rest]
      this.#length = rest.length
      this.#needed = isWhole ? PREFIX_BYTES : end
    }
    return frames
  }
}
