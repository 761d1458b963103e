import { sharedRelease } from '../core/buffer-pool.ts'
import type { Cancellation } from '../core/cancellation.ts'
import { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult, Timings } from '../core/inference.ts'
import { releaseTensors } from '../core/owned-tensors.ts'
import { createJob } from './job.ts'
import type { Job } from './job.ts'
import { canJoin, joinInputs, splitOutputs } from './joining.ts'
import { RequestQueue } from './queue.ts'
import type { Run, Scheduler, SchedulerOptions } from './scheduler.ts'
import { WaitingRoom } from './waiting-room.ts'

/**
 * Creates a scheduler with natural batching. Requests gather while all runs are busy, and the next run takes them together.
 * There is no timer and no added delay, unless the policy asks for one.
 */
export function createBatcher(run: Run, options: SchedulerOptions): Scheduler {
  return new Batcher(run, options)
}

class Batcher implements Scheduler {
  readonly #options: SchedulerOptions
  readonly #room: WaitingRoom
  readonly #queue: RequestQueue
  readonly #run: Run
  /** The jobs that are being computed, a list for each run. */
  #computing: readonly (readonly Job[])[] = []
  #maxBatchSize: number
  #isFlushPlanned = false
  #delay: NodeJS.Timeout | undefined
  #isDraining = false
  #whenIdle: (() => void)[] = []

  constructor(run: Run, options: SchedulerOptions) {
    this.#options = options
    this.#maxBatchSize = options.maxBatchSize
    this.#run = run
    this.#room = options.room ?? new WaitingRoom(options)
    this.#queue = new RequestQueue(this.#room, () => this.#reportIdle())
  }

  get queued(): number {
    return this.#queue.size
  }

  checkRoom(): void {
    this.#checkReady()
    this.#room.check(1)
  }

  submit(request: InferenceRequest, cancellation?: Cancellation): Promise<InferenceResult> {
    return new Promise((resolve, reject) => {
      this.#checkReady()
      this.#queue.add(createJob(request, cancellation, resolve, reject))
      this.#planFlush()
    })
  }

  wake(): void {
    this.#flush()
  }

  drain(): Promise<void> {
    this.#isDraining = true
    this.#flush()
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve)
      this.#reportIdle()
    })
  }

  abandon(error: ServingError): void {
    this.#isDraining = true
    for (const job of [...this.#queue.takeOldest(this.#queue.size), ...this.#computing.flat()]) {
      job.reject(error)
    }
  }

  /** Starts a run after this turn of the event loop. All requests that it has read by then go together. */
  #planFlush(): void {
    if (this.#isFlushPlanned || this.#computing.length >= this.#options.parallelism) return
    this.#isFlushPlanned = true
    setImmediate(() => {
      this.#isFlushPlanned = false
      this.#flush()
    })
  }

  #flush(): void {
    while (this.#canStart() && this.#queue.size > 0 && !this.#isPutOff()) {
      const jobs = this.#takeNext()
      if (jobs.length > 0) void this.#compute(jobs)
    }
  }

  #canStart(): boolean {
    return this.#computing.length < this.#options.parallelism && this.#options.isFree()
  }

  #takeNext(): readonly Job[] {
    const { maxRunsTogether, parallelism } = this.#options
    if (this.#maxBatchSize > 1) return this.#queue.take(this.#maxBatchSize, (a, b) => canJoin(a.request, b.request))
    // The waiting jobs are divided among all runs that can start.
    const share = Math.ceil(this.#queue.size / (parallelism - this.#computing.length))
    return this.#queue.takeOldest(Math.min(maxRunsTogether, share))
  }

  /** True if the next run waits for more rows. A timer then starts it when the oldest request has waited long enough. */
  #isPutOff(): boolean {
    const { maxDelayMs } = this.#options
    if (maxDelayMs === 0 || this.#isDraining || this.#queue.rows >= this.#maxBatchSize) return false
    const waitMs = this.#queue.oldestAcceptedAt + maxDelayMs - performance.now()
    if (waitMs <= 0) return false
    clearTimeout(this.#delay)
    this.#delay = setTimeout(() => this.#flush(), waitMs)
    return true
  }

  async #compute(jobs: readonly Job[]): Promise<void> {
    this.#computing = [...this.#computing, jobs]
    if (jobs.length > 1 && this.#maxBatchSize > 1) await this.#computeJoined(jobs)
    else await this.#computeSingly(jobs)
    this.#computing = this.#computing.filter((each) => each !== jobs)
    this.#flush()
    this.#reportIdle()
  }

  async #computeSingly(jobs: readonly Job[]): Promise<void> {
    const startedAt = performance.now()
    try {
      const results = await this.#run(jobs.map(({ request }) => request))
      for (const [index, job] of jobs.entries()) {
        const result = results[index]!
        if (result instanceof ServingError) job.reject(result)
        else {
          const timings = timingsOf(job, startedAt, job.rows)
          job.resolve({ outputs: result, timings, release: () => releaseTensors(result) })
        }
      }
    } catch (error) {
      for (const job of jobs) job.reject(error)
    }
  }

  async #computeJoined(jobs: readonly Job[]): Promise<void> {
    const rows = jobs.map((job) => job.rows)
    const startedAt = performance.now()
    try {
      const inputs = joinInputs(jobs.map(({ request }) => request))
      const { outputs } = jobs[0]!.request
      const [result] = await this.#run([outputs ? { inputs, outputs } : { inputs }])
      if (result instanceof ServingError) throw result
      const parts = splitOutputs(result!, rows)
      const total = rows.reduce((sum, count) => sum + count, 0)
      const release = sharedRelease(jobs.length, () => releaseTensors(result!))
      for (const [index, job] of jobs.entries()) {
        job.resolve({ outputs: parts[index]!, timings: timingsOf(job, startedAt, total), release })
      }
    } catch (error) {
      this.#afterFailure(jobs, error)
    }
  }

  /** The members of a failed run run again one by one. So the request at fault fails alone. */
  #afterFailure(jobs: readonly Job[], error: unknown): void {
    if (!(error instanceof ServingError)) {
      // An output did not follow the batch. It may do so by chance the next time, so nothing is joined any more.
      this.#maxBatchSize = 1
      this.#options.onUnjoinable((error as Error).message)
    }
    this.#queue.putBack(jobs)
  }

  #checkReady(): void {
    if (this.#isDraining) throw new ServingError('MODEL_NOT_READY', 'the model is shutting down')
    this.#options.checkReady?.()
  }

  #reportIdle(): void {
    if (!this.#isDraining || this.#computing.length > 0 || this.#queue.size > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

function timingsOf({ acceptedAt }: Job, startedAt: number, batchSize: number): Timings {
  return { queueMs: startedAt - acceptedAt, computeMs: performance.now() - startedAt, batchSize }
}
