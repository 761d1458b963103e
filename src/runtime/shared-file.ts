import { closeSync, existsSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aligned } from './frames.ts'
import type { FileSpan } from './messages.ts'

// Memory on Linux; elsewhere the page cache does nearly as well.
const MEMORY_FOLDER = '/dev/shm'
// What a large run leaves in the file would take memory for as long as the worker lives.
const KEPT_BYTES = 2 ** 22

/**
 * A file without a name that two processes share by its descriptor: bytes cross it in one copy in and one out, which a
 * socket needs several for. One process writes it, the other one reads it.
 */
export class SharedFile {
  readonly descriptor: number
  #end = 0

  constructor(descriptor: number) {
    this.descriptor = descriptor
  }

  /**
   * Writes parts one behind the other, each at a multiple of 8 bytes.
   *
   * @param at Where they start.
   * @returns Where they stand; undefined where they cannot be written. `/dev/shm` of a container may be full, for instance.
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

  /** Reads as many bytes as `target` has; what was never written, such as the padding at the end, is left out. */
  read(target: Uint8Array, at: number): void {
    this.#end = Math.max(this.#end, at + target.byteLength)
    for (let done = 0; done < target.byteLength;) {
      const count = readSync(this.descriptor, target, done, target.byteLength - done, at + done)
      if (count === 0) return
      done += count
    }
  }

  /** Gives back the memory of a large content. Nobody may read it any more. */
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

/** @returns A new file, already without a name; undefined where none can be made. */
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
