/** Memory with one owner, who gives it back. */
export interface OwnedBytes {
  /** Starts at a multiple of 8 bytes, unless it has a padding. Its content is undefined at first and after `release`. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Gives the memory back, so that others may write to it. A second call does nothing. */
  release(): void
}

// Smaller buffers cost the garbage collector little, and larger ones are rare.
const MIN_BYTES = 2 ** 16
const MAX_BYTES = 2 ** 23
// Buffers that wait for reuse take no more memory than this.
const MAX_KEPT_BYTES = 2 ** 25

/**
 * Keeps large buffers for reuse. V8 counts a buffer as external memory, and collects all garbage after a few of them. This
 * costs more than to copy their content.
 *
 * The taker of a buffer owns it, and may pass it on. Nobody may read a view of it after `release`. Without `release`, the
 * garbage collector frees the buffer.
 */
export class BufferPool {
  readonly #free = new Map<number, ArrayBuffer[]>()
  #keptBytes = 0

  /** @param length Number of bytes. */
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
   * Copies chunks into one buffer, in their order.
   *
   * @param padding Bytes of the buffer that stay free before the first chunk. `bytes` of the result begins behind them.
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

/** Shares a buffer among several owners. Each must call the result exactly once. The last call calls `release`. */
export function sharedRelease(owners: number, release: () => void): () => void {
  let left = owners
  return () => {
    left--
    if (left === 0) release()
  }
}

/** Returns the next power of two, or three quarters of it if that is enough. */
function sizeClassOf(length: number): number {
  const power = 2 ** Math.ceil(Math.log2(length))
  return length <= power * 0.75 ? power * 0.75 : power
}
