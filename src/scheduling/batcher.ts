import type { Cancellation } from '../core/cancellation.ts'
import { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult, RunRequest, RunResult, Timings } from '../core/inference.ts'
import { rowsOf } from '../core/tensor.ts'
import type { Tensors } from '../core/tensor.ts'
import { bytesOf, canJoin, joinInputs, splitOutputs } from './joining.ts'
import { RequestQueue } from './queue.ts'
import type { Job } from './queue.ts'
import type { Run, Scheduler, SchedulerOptions } from './scheduler.ts'

/**
 * Natural batching: while every run that can make progress does, requests gather, and the next run takes them together.
 * No timer and no added delay, unless the policy asks for one.
 */
export function createBatcher(run: Run, options: SchedulerOptions): Scheduler {
  return new Batcher(run, options)
}

class Batcher implements Scheduler {
  readonly #run: Run
  readonly #options: SchedulerOptions
  readonly #queue: RequestQueue
  #running = 0
  #stuck = 0
  #isFlushPlanned = false
  #delay: NodeJS.Timeout | undefined
  #isDraining = false
  #whenIdle: (() => void)[] = []

  constructor(run: Run, options: SchedulerOptions) {
    this.#run = run
    this.#options = options
    this.#queue = new RequestQueue(options)
  }

  get queued(): number {
    return this.#queue.size
  }

  get isStuck(): boolean {
    return this.#stuck > 0
  }

  checkRoom(): void {
    this.#checkReady()
    this.#queue.checkRoom(1)
  }

  submit(request: InferenceRequest, cancellation?: Cancellation): Promise<InferenceResult> {
    return new Promise((resolve, reject) => {
      this.#checkReady()
      const { inputs } = request
      const acceptedAt = performance.now()
      const job: Job = { request, rows: rowsOf(inputs), bytes: bytesOf(inputs), acceptedAt, resolve, reject }
      this.#queue.add(job, cancellation, () => this.#reportIdle())
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

  /** All requests that the event loop has read by then go together. */
  #planFlush(): void {
    if (this.#isFlushPlanned || this.#running >= this.#options.parallelism) return
    this.#isFlushPlanned = true
    setImmediate(() => {
      this.#isFlushPlanned = false
      this.#flush()
    })
  }

  #flush(): void {
    while (this.#canStart() && this.#queue.size > 0 && !this.#isPutOff()) {
      void this.#compute(this.#takeNext())
    }
  }

  #canStart(): boolean {
    return this.#running < this.#options.parallelism && this.#options.isFree()
  }

  #takeNext(): readonly Job[] {
    const { maxBatchSize, maxRunsTogether, parallelism } = this.#options
    if (maxBatchSize > 1) return this.#queue.take(maxBatchSize, (a, b) => canJoin(a.request, b.request))
    // What waits is shared out over all that can compute.
    const share = Math.ceil(this.#queue.size / (parallelism - this.#running))
    return this.#queue.takeOldest(Math.min(maxRunsTogether, share))
  }

  /** Whether the next run waits for more rows; it is then started when the oldest request has waited long enough. */
  #isPutOff(): boolean {
    const { maxDelayMs, maxBatchSize } = this.#options
    if (maxDelayMs === 0 || this.#isDraining || this.#queue.rows >= maxBatchSize) return false
    const waitMs = (this.#queue.oldest?.acceptedAt ?? 0) + maxDelayMs - performance.now()
    if (waitMs <= 0) return false
    clearTimeout(this.#delay)
    this.#delay = setTimeout(() => this.#flush(), waitMs)
    return true
  }

  async #compute(jobs: readonly Job[]): Promise<void> {
    this.#running++
    if (jobs.length > 1 && this.#options.maxBatchSize > 1) await this.#computeJoined(jobs)
    else await this.#computeSingly(jobs)
    this.#running--
    this.#flush()
    this.#reportIdle()
  }

  async #computeSingly(jobs: readonly Job[]): Promise<void> {
    const startedAt = performance.now()
    try {
      const requests = jobs.map(({ request }) => request)
      const results = await this.#runWatched(jobs, requests)
      for (const [index, job] of jobs.entries()) {
        const result = results[index]!
        if (result instanceof ServingError) job.reject(result)
        else job.resolve({ outputs: result, timings: timingsOf(job, startedAt, job.rows) })
      }
    } catch (error) {
      for (const job of jobs) job.reject(error)
    }
  }

  async #computeJoined(jobs: readonly Job[]): Promise<void> {
    const rows = jobs.map((job) => job.rows)
    const startedAt = performance.now()
    let parts: Tensors[]
    try {
      const inputs = joinInputs(jobs.map(({ request }) => request))
      const { outputs } = jobs[0]!.request
      const [result] = await this.#runWatched(jobs, [outputs ? { inputs, outputs } : { inputs }])
      if (result instanceof ServingError) throw result
      parts = splitOutputs(result!, rows)
    } catch (error) {
      // Singly, so that whatever is wrong with one of them fails alone; who was answered already is not computed again.
      if (error instanceof ServingError && error.code === 'RUN_TIMEOUT') return
      for (const job of jobs) await this.#computeSingly([job])
      return
    }
    const total = rows.reduce((sum, count) => sum + count, 0)
    for (const [index, job] of jobs.entries()) {
      job.resolve({ outputs: parts[index]!, timings: timingsOf(job, startedAt, total) })
    }
  }

  /** A run cannot be stopped, but who waits for it need not wait for ever. */
  async #runWatched(jobs: readonly Job[], requests: readonly RunRequest[]): Promise<readonly RunResult[]> {
    const { maxRunMs, onStuck } = this.#options
    let isStuck = false
    let timeout: NodeJS.Timeout | undefined
    let final: NodeJS.Timeout | undefined
    const watch = (): void => {
      timeout = setTimeout(() => {
        isStuck = true
        this.#stuck++
        for (const job of jobs) job.reject(runTimeout(maxRunMs))
      }, maxRunMs)
      final = setTimeout(onStuck, 2 * maxRunMs)
    }
    try {
      return await this.#run(requests, watch)
    } catch (error) {
      throw isStuck ? runTimeout(maxRunMs) : error
    } finally {
      clearTimeout(timeout)
      clearTimeout(final)
      if (isStuck) this.#stuck--
    }
  }

  #checkReady(): void {
    if (this.#isDraining) throw new ServingError('MODEL_NOT_READY', 'the model is shutting down')
    if (this.isStuck) throw new ServingError('MODEL_NOT_READY', 'the model is stuck in a run that takes too long')
  }

  #reportIdle(): void {
    if (!this.#isDraining || this.#running > 0 || this.#queue.size > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

function runTimeout(maxRunMs: number): ServingError {
  return new ServingError('RUN_TIMEOUT', `the model has computed for ${maxRunMs} ms, longer than it may`)
}

function timingsOf({ acceptedAt }: Job, startedAt: number, batchSize: number): Timings {
  return { queueMs: startedAt - acceptedAt, computeMs: performance.now() - startedAt, batchSize }
}
