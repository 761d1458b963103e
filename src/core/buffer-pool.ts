/** Memory that one owner holds until it is given back. */
export interface OwnedBytes {
  /** Starts at a multiple of 8 bytes, but behind a padding. Its content is undefined at first, and again after `release`. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Gives the memory back, for others to write to. Once more does nothing. */
  release(): void
}

// Smaller buffers cost the collector little, larger ones are rare.
const MIN_BYTES = 2 ** 16
const MAX_BYTES = 2 ** 23
// What waits for reuse takes no more than this.
const MAX_KEPT_BYTES = 2 ** 25

/**
 * Large buffers that are used again. V8 counts them as external memory and runs a full collection every few of them,
 * which costs more than copying their content.
 *
 * Whoever takes a buffer owns it, and may hand it on. Nobody reads a view of it after `release`. Without `release` the
 * collector frees it, as any other.
 */
export class BufferPool {
  readonly #free = new Map<number, ArrayBuffer[]>()
  #keptBytes = 0

  /** @param length Bytes that are needed. */
  take(length: number): OwnedBytes {
    if (length < MIN_BYTES || length > MAX_BYTES) return { bytes: new Uint8Array(length), release: () => undefined }
    const size = sizeClassOf(length)
    const buffer = this.#reuse(size) ?? new ArrayBuffer(size)
    let isOwned = true
    return {
      bytes: new Uint8Array(buffer, 0, length),
      release: () => {
        if (isOwned) this.#keep(buffer)
        isOwned = false
      },
    }
  }

  /**
   * Copies chunks one behind the other.
   *
   * @param padding Bytes that stay free before the first chunk. The result does not show them.
   */
  concat(chunks: readonly Uint8Array[], padding = 0): OwnedBytes {
    let length = padding
    for (const chunk of chunks) length += chunk.length
    const owned = this.take(length)
    let at = padding
    for (const chunk of chunks) {
      owned.bytes.set(chunk, at)
      at += chunk.length
    }
    return { bytes: owned.bytes.subarray(padding), release: () => owned.release() }
  }

  #reuse(size: number): ArrayBuffer | undefined {
    const buffer = this.#free.get(size)?.pop()
    if (buffer) this.#keptBytes -= size
    return buffer
  }

  #keep(buffer: ArrayBuffer): void {
    const size = buffer.byteLength
    if (this.#keptBytes + size > MAX_KEPT_BYTES) return
    this.#keptBytes += size
    const free = this.#free.get(size)
    if (free) free.push(buffer)
    else this.#free.set(size, [buffer])
  }
}

/** Calls `release` once all of so many owners have given up their part. */
export function sharedRelease(owners: number, release: () => void): () => void {
  let left = owners
  return () => {
    left--
    if (left === 0) release()
  }
}

/** The next power of two, or the step half way before it. */
function sizeClassOf(length: number): number {
  const power = 2 ** Math.ceil(Math.log2(length))
  return length <= power * 0.75 ? power * 0.75 : power
}
