import { readSync, writeSync } from 'node:fs'
import { PREFIX_BYTES, fromFrame, partsLength, restLength, toFrame } from './frames.ts'
import type { Call, FileSpan, Reply } from './messages.ts'
import type { SharedFile } from './shared-file.ts'

/** Descriptors that a worker inherits. The files may be missing. */
export const SOCKET = 3
export const CALLS_FILE = 4
export const REPLIES_FILE = 5

/** Larger tensors go through the shared file. */
export const MAX_FRAME_BYTES = 2 ** 14

export interface Received {
  readonly call: Call
  /** The bytes of the frame, or of the shared file. The next call overwrites them. */
  readonly bytes: Uint8Array
}

/** The channel of a worker to the server. */
export interface WorkerChannel {
  /** Waits for the next call. Returns undefined when the server has closed its end. */
  receive(): Received | undefined
  reply(reply: Reply, parts?: readonly Uint8Array[]): void
}

/** Opens a channel over inherited descriptors. It blocks, because a worker has nothing to do while it waits. */
export function openChannel(calls: SharedFile | undefined, replies: SharedFile | undefined): WorkerChannel {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  const frames = new Arena()
  const files = new Arena()
  let at = 0

  return {
    receive() {
      at = 0
      if (!readAll(prefix)) return undefined
      const rest = frames.take(restLength(prefix))
      if (!readAll(rest)) return undefined
      const { head, bytes } = fromFrame(prefix, rest)
      const call = head as Call
      if (call.kind !== 'run' || !call.file) return { call, bytes }
      const content = files.take(call.file.length)
      calls!.read(content, call.file.at)
      return { call, bytes: content }
    },
    reply(reply, parts = []) {
      const isLarge = reply.kind === 'outputs' && partsLength(parts) > MAX_FRAME_BYTES
      const file = isLarge ? replies?.write(parts, at) : undefined
      if (file) at += file.length
      writeAll(file ? toFrame({ ...reply, file } satisfies Reply & { file: FileSpan }) : toFrame(reply, parts))
    },
  }
}

/** One buffer that grows. Its content is used before the next content comes. */
class Arena {
  #buffer = Buffer.alloc(2 * MAX_FRAME_BYTES)

  take(length: number): Buffer {
    if (length > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(length)
    return this.#buffer.subarray(0, length)
  }
}

/** @returns false at the end of the stream. */
function readAll(target: Buffer): boolean {
  for (let done = 0; done < target.length;) {
    const count = readSome(target, done)
    if (count === 0) return false
    done += count
  }
  return true
}

function readSome(target: Buffer, at: number): number {
  for (;;) {
    try {
      return readSync(SOCKET, target, at, target.length - at, null)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ECONNRESET') return 0
      if (code !== 'EINTR') throw error
    }
  }
}

function writeAll(frame: Buffer): void {
  for (let done = 0; done < frame.length;) done += writeSync(SOCKET, frame, done)
}
