import { constants, openSync, writeSync } from 'node:fs'

/**
 * A destination for log lines that never makes the server wait. Lines are written once for each turn of the event loop.
 * A reader that is too slow finds at most `MAX_BUFFERED` characters waiting; lines beyond that are dropped and counted.
 */
export interface LogStream {
  write(line: string): void
  /** Writes what waits. A reader that takes nothing is waited for 100 ms at the most, and not again until it reads. */
  flushSync(): void
}

// A request line has some 300 characters.
const MAX_BUFFERED = 2 ** 20
const RETRY_MS = 20
const MAX_WAIT_MS = 100

/**
 * @param fd Where to write; see `openLogOutput`. A blocking descriptor makes the server wait after all.
 * @param dropNotice The line that says how many lines were dropped; it goes before the next line that gets through.
 */
export function createLogStream(fd: number, dropNotice: (count: number) => string): LogStream {
  let lines = ''
  let rest = Buffer.alloc(0)
  let dropped = 0
  let isPlanned = false
  // No more waiting for a reader that let a whole wait pass.
  let isStalled = false

  function writeAll(): boolean {
    while (rest.length > 0 || lines.length > 0) {
      if (rest.length === 0) [rest, lines] = [Buffer.from(lines), '']
      const count = writeSome(fd, rest)
      if (count === undefined) return false
      rest = rest.subarray(count)
      isStalled = false
    }
    return true
  }

  function writeLater(): void {
    isPlanned = false
    if (writeAll()) return
    isPlanned = true
    setTimeout(writeLater, RETRY_MS).unref()
  }

  return {
    write(line) {
      if (lines.length + rest.length + line.length > MAX_BUFFERED) {
        dropped++
        return
      }
      if (dropped > 0) lines += dropNotice(dropped)
      dropped = 0
      lines += line
      if (isPlanned) return
      isPlanned = true
      setImmediate(writeLater)
    },
    flushSync() {
      const deadline = performance.now() + MAX_WAIT_MS
      while (!writeAll() && !isStalled) {
        isStalled = performance.now() > deadline
        sleepMs(1)
      }
    },
  }
}

/**
 * Opens a descriptor anew so that writing to it never blocks, and so that whoever shares the old one keeps its mode.
 * Where that is not allowed, the descriptor itself is used: Node has made pipes non-blocking by then.
 */
export function openLogOutput(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK)
  } catch {
    return fd
  }
}

/** @returns undefined when the reader takes nothing now. What a reader that is gone would have got is lost. */
function writeSome(fd: number, bytes: Buffer): number | undefined {
  try {
    return writeSync(fd, bytes)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? undefined : bytes.length
  }
}

function sleepMs(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
