import type { Cancellation } from '../core/cancellation.ts'
import { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult } from '../core/inference.ts'

/** An accepted request that waits for its answer. */
export interface Job {
  readonly request: InferenceRequest
  readonly rows: number
  readonly bytes: number
  readonly acceptedAt: number
  readonly resolve: (result: InferenceResult) => void
  readonly reject: (error: unknown) => void
}

/** How much may wait. */
export interface QueueLimits {
  readonly maxQueued: number
  readonly maxQueuedRows: number
}

// Once the tensors that wait for one model take as much memory, nothing more is let in.
const MAX_QUEUED_BYTES = 2 ** 28

interface Level {
  readonly priority: number
  readonly jobs: Map<Job, () => void>
}

/** A bounded queue, first in first out but for priorities. A job whose client leaves or whose deadline passes is rejected and forgotten. */
export class RequestQueue {
  readonly #limits: QueueLimits
  // By priority, the highest first; without one last. A map keeps the order of insertion and forgets a job in constant
  // time; its value ends what watches over the job.
  #levels: Level[] = [{ priority: Infinity, jobs: new Map() }]
  #size = 0
  #rows = 0
  #bytes = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#size
  }

  get rows(): number {
    return this.#rows
  }

  get oldest(): Job | undefined {
    for (const job of this.#inOrder()) return job
    return undefined
  }

  /** @throws ServingError QUEUE_FULL when so many rows more may not wait; takes constant time. */
  checkRoom(rows: number): void {
    const { maxQueued, maxQueuedRows } = this.#limits
    // What alone is over the limit of rows is let in when nothing else waits: it could never be answered otherwise.
    const isOver = this.#size > 0 && (this.#rows + rows > maxQueuedRows || this.#bytes > MAX_QUEUED_BYTES)
    if (this.#size < maxQueued && !isOver) return
    const waiting = `${this.#size} requests with ${this.#rows} rows are waiting already`
    throw new ServingError('QUEUE_FULL', `${waiting}: try again later`)
  }

  /**
   * @param onRemoved Called when the job leaves the queue otherwise than by `take`.
   * @throws ServingError QUEUE_FULL; CANCELLED and DEADLINE_EXCEEDED when it is too late already.
   */
  add(job: Job, cancellation: Cancellation | undefined, onRemoved: () => void): void {
    const { deadline } = job.request
    if (cancellation?.isCancelled) throw cancelled()
    if (deadline !== undefined && deadline <= job.acceptedAt) throw deadlineExceeded()
    this.checkRoom(job.rows)
    const removeWith = (toError: () => ServingError) => () => {
      this.#remove(job)
      job.reject(toError())
      onRemoved()
    }
    if (cancellation) cancellation.onCancel = removeWith(cancelled)
    const timer =
      deadline === undefined ? undefined : setTimeout(removeWith(deadlineExceeded), deadline - job.acceptedAt)
    this.#rows += job.rows
    this.#bytes += job.bytes
    this.#size++
    this.#levelOf(job).jobs.set(job, () => {
      clearTimeout(timer)
      if (cancellation) cancellation.onCancel = undefined
    })
  }

  /** Takes the oldest jobs, at most so many. */
  takeOldest(count: number): Job[] {
    const taken: Job[] = []
    for (const job of this.#inOrder()) {
      if (taken.length >= count) break
      taken.push(job)
    }
    for (const job of taken) this.#remove(job)
    return taken
  }

  /**
   * Takes the oldest job and those behind it that fit, in order.
   *
   * @param maxRows What all of them may sum up to; the oldest is taken whatever its size.
   */
  take(maxRows: number, fits: (oldest: Job, other: Job) => boolean): Job[] {
    const oldest = this.oldest
    if (!oldest) return []
    const taken = [oldest]
    let rows = oldest.rows
    if (rows < maxRows) {
      for (const job of this.#inOrder()) {
        if (job === oldest || !fits(oldest, job)) continue
        if (rows + job.rows > maxRows) break
        taken.push(job)
        rows += job.rows
      }
    }
    for (const job of taken) this.#remove(job)
    return taken
  }

  *#inOrder(): Generator<Job> {
    for (const { jobs } of this.#levels) yield* jobs.keys()
  }

  #levelOf({ request: { priority = Infinity } }: Job): Level {
    const found = this.#levels.find((level) => level.priority === priority)
    if (found) return found
    const level: Level = { priority, jobs: new Map() }
    this.#levels = [...this.#levels, level].toSorted((a, b) => a.priority - b.priority)
    return level
  }

  #remove(job: Job): void {
    const level = this.#levelOf(job)
    level.jobs.get(job)?.()
    level.jobs.delete(job)
    if (level.jobs.size === 0 && level.priority !== Infinity)
      this.#levels = this.#levels.filter((each) => each !== level)
    this.#size--
    this.#rows -= job.rows
    this.#bytes -= job.bytes
  }
}

function cancelled(): ServingError {
  return new ServingError('CANCELLED', 'the client went away before its turn')
}

function deadlineExceeded(): ServingError {
  return new ServingError(
    'DEADLINE_EXCEEDED',
    'the deadline passed before the request had its turn; it was not computed',
  )
}
