import type { ServingError } from '../core/errors.ts'
import { cancelled, deadlineExceeded } from './job.ts'
import type { Job } from './job.ts'
import { JobList } from './job-list.ts'
import type { WaitingRoom } from './waiting-room.ts'

interface Level {
  readonly priority: number
  readonly jobs: JobList
}

/** A bounded queue in the order of priority, then of arrival. A job is dropped if its client leaves or its deadline passes. */
export class RequestQueue {
  readonly #room: WaitingRoom
  readonly #onDropped: () => void
  // In ascending order of `priority`: the lowest number runs first. Jobs without a priority come last.
  readonly #unhurried: Level = { priority: Infinity, jobs: new JobList() }
  #levels: Level[] = [this.#unhurried]
  #size = 0
  #rows = 0
  // All jobs share one timer. Most jobs are taken long before their deadline, and a timer costs more than a job in a list.
  #timer: NodeJS.Timeout | undefined
  #timerDue = Infinity

  /**
   * @param room Counts the jobs that wait. Several queues may share it.
   * @param onDropped Called when a job is dropped.
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

  /** The time at which the oldest job of any priority was accepted; Infinity if no job waits. */
  get oldestAcceptedAt(): number {
    let oldest = Infinity
    for (const { jobs } of this.#levels) oldest = Math.min(oldest, jobs.first?.acceptedAt ?? Infinity)
    return oldest
  }

  /** @throws ServingError QUEUE_FULL; CANCELLED or DEADLINE_EXCEEDED if it is too late already. */
  add(job: Job): void {
    const { cancellation } = job
    const { deadline } = job.request
    if (cancellation?.isCancelled) throw cancelled()
    if (deadline !== undefined && deadline <= job.acceptedAt) throw deadlineExceeded()
    this.#room.check(job.rows)
    this.#levelOf(job).jobs.append(job)
    this.#admit(job)
  }

  /** Puts jobs back at the head of their priority. `take` then takes each alone. Jobs cancelled meanwhile are dropped. */
  putBack(jobs: readonly Job[]): void {
    for (const job of jobs.toReversed()) {
      job.isAlone = true
      this.#levelOf(job).jobs.prepend(job)
      this.#admit(job)
      if (job.cancellation?.isCancelled) this.#drop(job, cancelled())
    }
  }

  /** Takes the first jobs of the queue, up to `count`. */
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
   * Takes the first job, and jobs behind it that fit, in their order.
   *
   * @param maxRows Most rows of all jobs together. The first job is taken even if it has more.
   * @param fits Called with the first job that was taken, and a job behind it.
   * @returns An empty list if the deadlines of all jobs have passed.
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

  /** Drops the job instead if its deadline has passed: the timer may fire later than this turn of the event loop. */
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
    // The timer need not keep the process alive: a request that waits has a connection.
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
    // A loop may go through the old array, so it is not changed.
    if (!level.jobs.first && level !== this.#unhurried) this.#levels = this.#levels.filter((each) => each !== level)
    this.#size--
    this.#rows -= job.rows
    this.#room.leave(job)
  }
}

/** It is outside of the class, because closures of its methods kept all requests alive until the next full collection (V8 11). */
function dropperOf(job: Job, drop: (job: Job, error: ServingError) => void): () => void {
  return () => drop(job, cancelled())
}
