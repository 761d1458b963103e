import { ServingError } from '../core/errors.ts'
import type { Job } from './job.ts'

/** Limits of the requests that may wait. */
export interface QueueLimits {
  readonly maxQueued: number
  readonly maxQueuedRows: number
}

// While the tensors that wait for a model take more memory than this, no further request is accepted.
const MAX_QUEUED_BYTES = 2 ** 28

/** Counts the requests that wait for a model, in one queue or in several that share its limits. */
export class WaitingRoom {
  readonly #limits: QueueLimits
  #requests = 0
  #rows = 0
  #bytes = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  /** Takes constant time. @throws ServingError QUEUE_FULL if a request with this number of rows may not wait. */
  check(rows: number): void {
    const { maxQueued, maxQueuedRows } = this.#limits
    // A request that exceeds the limit of rows alone may wait if nothing else waits. Otherwise it would never be answered.
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
