import { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import type { Run, Scheduler } from './scheduler.ts'

interface Job {
  readonly request: InferenceRequest
  readonly acceptedAt: number
  readonly resolve: (result: InferenceResult) => void
  readonly reject: (error: unknown) => void
}

/**
 * First come, first served: at most `parallelism` requests run at once, at most `maxQueued` wait.
 *
 * @param now A clock in milliseconds that never goes back.
 */
export function createQueue(
  run: Run,
  parallelism: number,
  maxQueued: number,
  now = () => performance.now(),
): Scheduler {
  return new Queue(run, parallelism, maxQueued, now)
}

class Queue implements Scheduler {
  readonly #run: Run
  readonly #parallelism: number
  readonly #maxQueued: number
  readonly #now: () => number
  // A Set keeps the order of insertion and forgets a cancelled job in constant time.
  readonly #waiting = new Set<Job>()
  #running = 0
  #draining = false
  #whenIdle: (() => void)[] = []

  constructor(run: Run, parallelism: number, maxQueued: number, now: () => number) {
    this.#run = run
    this.#parallelism = parallelism
    this.#maxQueued = maxQueued
    this.#now = now
  }

  get queued(): number {
    return this.#waiting.size
  }

  submit(request: InferenceRequest, signal?: AbortSignal): Promise<InferenceResult> {
    return new Promise((resolve, reject) => {
      if (this.#draining) throw new ServingError('MODEL_NOT_READY', 'the model is shutting down')
      if (signal?.aborted) throw cancelled()
      if (this.#waiting.size >= this.#maxQueued) {
        throw new ServingError('QUEUE_FULL', `${this.#maxQueued} requests are waiting already: try again later`)
      }
      const job: Job = { request, acceptedAt: this.#now(), resolve, reject }
      this.#waiting.add(job)
      signal?.addEventListener('abort', () => this.#waiting.delete(job) && this.#reject(job), { once: true })
      this.#startNext()
    })
  }

  drain(): Promise<void> {
    this.#draining = true
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve)
      this.#reportIdle()
    })
  }

  #startNext(): void {
    const [job] = this.#waiting
    if (!job || this.#running >= this.#parallelism) return
    this.#waiting.delete(job)
    this.#running++
    void this.#compute(job).finally(() => {
      this.#running--
      this.#startNext()
      this.#reportIdle()
    })
  }

  async #compute({ request, acceptedAt, resolve, reject }: Job): Promise<void> {
    const startedAt = this.#now()
    try {
      const outputs = await this.#run(request.inputs, request.outputs)
      resolve({ outputs, timings: { queueMs: startedAt - acceptedAt, computeMs: this.#now() - startedAt } })
    } catch (error) {
      reject(error)
    }
  }

  #reject(job: Job): void {
    job.reject(cancelled())
    this.#reportIdle()
  }

  #reportIdle(): void {
    if (!this.#draining || this.#running > 0 || this.#waiting.size > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

function cancelled(): ServingError {
  return new ServingError('CANCELLED', 'the client went away before its turn')
}
