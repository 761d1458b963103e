import { constants, openSync, writeSync } from 'node:fs'

/**
 * A destination for log lines that never makes the server wait. Lines are written once for each turn of the event loop.
 * If the reader is too slow, at most `MAX_BUFFERED` characters wait. Further lines are dropped and counted.
 */
export interface LogStream {
  write(line: string): void
  /** Writes the waiting lines. It waits at most 100 ms for a reader that takes nothing, and not again until it reads. */
  flushSync(): void
}

// In characters. The line of a request has about 300.
const MAX_BUFFERED = 2 ** 20
const RETRY_MS = 20
const MAX_WAIT_MS = 100

/**
 * Creates a log stream that writes to a descriptor.
 *
 * @param fd A descriptor of `openLogOutput`. With a blocking descriptor, the server would wait for the reader.
 * @param dropNotice Makes a line that tells the number of dropped lines. It comes before the next line that is written.
 */
export function createLogStream(fd: number, dropNotice: (count: number) => string): LogStream {
  return new DescriptorLogStream(fd, dropNotice)
}

class DescriptorLogStream implements LogStream {
  readonly #fd: number
  readonly #dropNotice: (count: number) => string
  #lines = ''
  #rest = Buffer.alloc(0)
  #dropped = 0
  #isPlanned = false
  // True after the reader took nothing for a whole wait. It is not waited for again until it reads.
  #isStalled = false

  constructor(fd: number, dropNotice: (count: number) => string) {
    this.#fd = fd
    this.#dropNotice = dropNotice
  }

  write(line: string): void {
    if (this.#lines.length + this.#rest.length + line.length > MAX_BUFFERED) {
      this.#dropped++
      return
    }
    if (this.#dropped > 0) this.#lines += this.#dropNotice(this.#dropped)
    this.#dropped = 0
    this.#lines += line
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(this.#writeLater)
  }

  flushSync(): void {
    const deadline = performance.now() + MAX_WAIT_MS
    while (!this.#writeAll() && !this.#isStalled) {
      this.#isStalled = performance.now() > deadline
      sleepMs(1)
    }
  }

  /** @returns False if the reader takes no more now. */
  #writeAll(): boolean {
    while (this.#rest.length > 0 || this.#lines.length > 0) {
      if (this.#rest.length === 0) {
        this.#rest = Buffer.from(this.#lines)
        this.#lines = ''
      }
      const count = writeSome(this.#fd, this.#rest)
      if (count === undefined) return false
      this.#rest = this.#rest.subarray(count)
      this.#isStalled = false
    }
    return true
  }

  readonly #writeLater = (): void => {
    this.#isPlanned = false
    if (this.#writeAll()) return
    this.#isPlanned = true
    setTimeout(this.#writeLater, RETRY_MS).unref()
  }
}

/**
 * Opens a descriptor again in a mode in which writing never blocks. Processes that share the old descriptor keep its mode.
 * If that is not allowed, the old descriptor is used. Node has made pipes non-blocking by then.
 */
export function openLogOutput(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK)
  } catch {
    return fd
  }
}

/** @returns undefined if the reader takes nothing now. If the reader has ended, the bytes are lost and count as written. */
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
