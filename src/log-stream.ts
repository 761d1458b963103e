import { writeSync } from 'node:fs'

/**
 * A destination for log lines that writes once for each turn of the event loop: a line costs a system call only when it
 * comes alone. Nothing is handed to other threads, so `flushSync`, which pino calls for fatal lines, leaves nothing behind.
 */
export interface LogStream {
  write(line: string): void
  flushSync(): void
}

export function createLogStream(fd: number): LogStream {
  let lines = ''
  let isPlanned = false

  function flushSync(): void {
    isPlanned = false
    let rest = Buffer.from(lines)
    lines = ''
    while (rest.length > 0) rest = rest.subarray(writeSome(fd, rest))
  }

  return {
    write(line) {
      lines += line
      if (isPlanned) return
      isPlanned = true
      setImmediate(flushSync)
    },
    flushSync,
  }
}

/** A pipe whose reader is slow says EAGAIN; one whose reader is gone takes nothing any more. */
function writeSome(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return bytes.length
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    return 0
  }
}
