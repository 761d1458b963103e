import { readFileSync } from 'node:fs'
import type { ByteSource } from '../../src/onnx/wire.ts'

/** Bytes in memory, as a source that counts what is read of it. */
export function sourceOf(bytes: Uint8Array): ByteSource & { readonly read: ByteSource['read']; readBytes(): number } {
  let count = 0
  return {
    length: bytes.length,
    read(start, end) {
      count += end - start
      return bytes.subarray(start, end)
    },
    byteAt(at) {
      count++
      return bytes[at]!
    },
    readBytes: () => count,
  }
}

export function fileSource(file: string): ReturnType<typeof sourceOf> {
  return sourceOf(readFileSync(file))
}
