import type { ServingError } from '../core/errors.ts'
import { cancelled, deadlineExceeded } from './job.ts'
import type { Job } from './job.ts'
import { JobList } from './job-list.ts'
import type { WaitingRoom } from './waiting-room.ts'

interface Level {
  readonly priority: number
  readonly jobs: JobList
}

/** A bounded queue, first in first out but for priorities. A job whose client leaves or whose deadline passes is rejected and forgotten. */
export class RequestQueue {
  readonly #room: WaitingRoom
  readonly #onDropped: () => void
  // By priority, the highest first; without one last.
  readonly #unhurried: Level = { priority: Infinity, jobs: new JobList() }
  #levels: Level[] = [this.#unhurried]
  #size = 0
  #rows = 0
  // One timer for all: most jobs are taken long before their deadline, and a timer each would cost more than queueing.
  #timer: NodeJS.Timeout | undefined
  #timerDue = Infinity

  /**
   * @param room Counts what waits. Several queues may share one.
   * @param onDropped Called when a job leaves the queue otherwise than by `take`.
   */
  constructor(room: WaitingRoom, onDropped: () => void) {
    this.#room = room
    this.#onDropped = onDropped
  }

  get size(): number {
    return this.#size
  }

  get rows(): number {
    return this.#rows
  }

  /** When the job that has waited longest was accepted, whatever its priority; Infinity when none waits. */
  get oldestAcceptedAt(): number {
    let oldest = Infinity
    for (const { jobs } of this.#levels) oldest = Math.min(oldest, jobs.first?.acceptedAt ?? Infinity)
    return oldest
  }

  /** @throws ServingError QUEUE_FULL; CANCELLED and DEADLINE_EXCEEDED when it is too late already. */
  add(job: Job): void {
    const { cancellation } = job
    const { deadline } = job.request
    if (cancellation?.isCancelled) throw cancelled()
    if (deadline !== undefined && deadline <= job.acceptedAt) throw deadlineExceeded()
    this.#room.check(job.rows)
    this.#levelOf(job).jobs.append(job)
    this.#admit(job)
  }

  /** Puts jobs that were taken back to where they stood, each to be taken alone; those that are too late are dropped. */
  putBack(jobs: readonly Job[]): void {
    for (const job of jobs.toReversed()) {
      job.isAlone = true
      this.#levelOf(job).jobs.prepend(job)
      this.#admit(job)
      if (job.cancellation?.isCancelled) this.#drop(job, cancelled())
    }
  }

  /** Takes the oldest jobs, at most so many. */
  takeOldest(count: number): Job[] {
    const taken: Job[] = []
    const now = performance.now()
    for (const { jobs } of this.#levels) {
      for (let job = jobs.first, next; job; job = next) {
        if (taken.length >= count) return taken
        next = job.next
        this.#take(job, now, taken)
      }
    }
    return taken
  }

  /**
   * Takes the oldest job and those behind it that fit, in order.
   *
   * @param maxRows What all of them may sum up to; the oldest is taken whatever its size.
   * @returns None when it was too late for all that waited.
   */
  take(maxRows: number, fits: (oldest: Job, other: Job) => boolean): Job[] {
    const taken: Job[] = []
    const now = performance.now()
    let rows = 0
    for (const { jobs } of this.#levels) {
      for (let job = jobs.first, next; job; job = next) {
        next = job.next
        const [oldest] = taken
        if (oldest) {
          if (job.isAlone || !fits(oldest, job)) continue
          if (rows + job.rows > maxRows) return taken
        }
        if (!this.#take(job, now, taken)) continue
        rows += job.rows
        if (rows >= maxRows || job.isAlone) return taken
      }
    }
    return taken
  }

  /** A job that is too late is dropped instead: its timer may come after the turn of the event loop that it waited for. */
  #take(job: Job, now: number, taken: Job[]): boolean {
    const { deadline } = job.request
    if (deadline !== undefined && deadline <= now) {
      this.#drop(job, deadlineExceeded())
      return false
    }
    this.#remove(job)
    taken.push(job)
    return true
  }

  #admit(job: Job): void {
    const { cancellation, request, rows } = job
    if (cancellation) cancellation.onCancel = dropperOf(job, this.#drop)
    if (request.deadline !== undefined && request.deadline < this.#timerDue) this.#watch(request.deadline)
    this.#rows += rows
    this.#size++
    this.#room.enter(job)
  }

  #watch(due: number): void {
    clearTimeout(this.#timer)
    this.#timerDue = due
    // A request that waits has a connection, which keeps the process alive.
    this.#timer = setTimeout(() => this.#dropLate(), due - performance.now()).unref()
  }

  #dropLate(): void {
    const now = performance.now()
    let next = Infinity
    for (const { jobs } of this.#levels) {
      for (let job = jobs.first, after; job; job = after) {
        after = job.next
        const { deadline = Infinity } = job.request
        if (deadline <= now) this.#drop(job, deadlineExceeded())
        else next = Math.min(next, deadline)
      }
    }
    this.#timerDue = Infinity
    if (next < Infinity) this.#watch(next)
  }

  readonly #drop = (job: Job, error: ServingError): void => {
    this.#remove(job)
    job.reject(error)
    this.#onDropped()
  }

  #levelOf({ request: { priority = Infinity } }: Job): Level {
    if (priority === Infinity) return this.#unhurried
    const found = this.#levels.find((level) => level.priority === priority)
    if (found) return found
    const level: Level = { priority, jobs: new JobList() }
    const behind = this.#levels.findIndex((each) => each.priority > priority)
    this.#levels = this.#levels.toSpliced(behind, 0, level)
    return level
  }

  #remove(job: Job): void {
    const level = this.#levelOf(job)
    level.jobs.remove(job)
    if (job.cancellation) job.cancellation.onCancel = undefined
    // Never the array that a loop is going through.
    if (!level.jobs.first && level !== this.#unhurried) this.#levels = this.#levels.filter((each) => each !== level)
    this.#size--
    this.#rows -= job.rows
    this.#room.leave(job)
  }
}

/** Made outside of the class: closures made by its methods kept all requests alive until the next full collection (V8 11). */
function dropperOf(job: Job, drop: (job: Job, error: ServingError) => void): () => void {
  return () => drop(job, cancelled())
}
