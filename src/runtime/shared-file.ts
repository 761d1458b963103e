import { closeSync, existsSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aligned } from './frames.ts'
import type { FileSpan } from './messages.ts'

// This folder is memory on Linux. On other systems, the page cache is nearly as fast.
const MEMORY_FOLDER = '/dev/shm'
// More content than this is removed after a run. It would take memory as long as the worker lives.
const KEPT_BYTES = 2 ** 22

/**
 * A file without a name that two processes share by its descriptor. One process writes it, and the other one reads it. The
 * bytes are copied once in and once out. A socket needs more copies.
 */
export class SharedFile {
  readonly descriptor: number
  #end = 0

  constructor(descriptor: number) {
    this.descriptor = descriptor
  }

  /**
   * Writes parts in their order, each at a multiple of 8 bytes.
   *
   * @param at Offset of the first part.
   * @returns undefined if they cannot be written, for example because `/dev/shm` of a container is full.
   */
  write(parts: readonly Uint8Array[], at: number): FileSpan | undefined {
    let end = at
    try {
      for (const part of parts) {
        this.#writeAll(part, end)
        end += aligned(part.byteLength)
      }
    } catch {
      this.#end = Math.max(this.#end, end)
      return undefined
    }
    this.#end = Math.max(this.#end, end)
    return { at, length: end - at }
  }

  /** Fills `target` with bytes of the file. Bytes behind its end, such as a padding, are left as they are. */
  read(target: Uint8Array, at: number): void {
    this.#end = Math.max(this.#end, at + target.byteLength)
    for (let done = 0; done < target.byteLength;) {
      const count = readSync(this.descriptor, target, done, target.byteLength - done, at + done)
      if (count === 0) return
      done += count
    }
  }

  /** Gives back the memory if the content is large. Nobody may read it any more. */
  trim(): void {
    if (this.#end > KEPT_BYTES) ftruncateSync(this.descriptor, 0)
    this.#end = 0
  }

  close(): void {
    closeSync(this.descriptor)
  }

  #writeAll(part: Uint8Array, at: number): void {
    for (let done = 0; done < part.byteLength;) {
      done += writeSync(this.descriptor, part, done, part.byteLength - done, at + done)
    }
  }
}

/** @returns A new file without a name; undefined if no file can be made. */
export function createSharedFile(): SharedFile | undefined {
  const folder = existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir()
  const path = join(folder, `onnx-serve-${process.pid}-${Math.random().toString(36).slice(2)}`)
  try {
    const file = new SharedFile(openSync(path, 'wx+', 0o600))
    unlinkSync(path)
    return file
  } catch {
    return undefined
  }
}
