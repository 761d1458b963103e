import { ServingError } from '../core/errors.ts'
import type { Job } from './job.ts'

/** How much may wait. */
export interface QueueLimits {
  readonly maxQueued: number
  readonly maxQueuedRows: number
}

// Once the tensors that wait for one model take as much memory, nothing more is let in.
const MAX_QUEUED_BYTES = 2 ** 28

/** Counts what waits for a model, in one queue or in several that share its limits. */
export class WaitingRoom {
  readonly #limits: QueueLimits
  #requests = 0
  #rows = 0
  #bytes = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  /** @throws ServingError QUEUE_FULL when so many rows more may not wait; takes constant time. */
  check(rows: number): void {
    const { maxQueued, maxQueuedRows } = this.#limits
    // A request that alone is over the limit of rows may wait when nothing else does: it could never be answered otherwise.
    const isOver = this.#requests > 0 && (this.#rows + rows > maxQueuedRows || this.#bytes > MAX_QUEUED_BYTES)
    if (this.#requests < maxQueued && !isOver) return
    const waiting = `${this.#requests} requests with ${this.#rows} rows are waiting already`
    throw new ServingError('QUEUE_FULL', `${waiting}: try again later`)
  }

  enter({ rows, bytes }: Job): void {
    this.#requests++
    this.#rows += rows
    this.#bytes += bytes
  }

  leave({ rows, bytes }: Job): void {
    this.#requests--
    this.#rows -= rows
    this.#bytes -= bytes
  }
}
