import type { RunResult } from '../core/inference.ts'
import { runtimeFailed, toRunError } from './deaths.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { PooledModel } from './pooled-model.ts'
import type { RunLimits, RunOptions } from './runtime.ts'
import type { RunCall, WorkerProcess } from './worker-process.ts'

interface PoolOptions {
  readonly intraOpThreads: number
  /** Bytes that a worker may allocate. */
  readonly memoryBytes: number
}

// The longest delay that a timer accepts.
const NO_LIMIT_MS = 2 ** 31 - 1

/**
 * Runs of one model that are computed one after the other. If a run ends its worker, the rest continues in another worker.
 * A run is tried once more if its worker ended for a reason outside of the run.
 */
export class PooledRuns {
  readonly #model: PooledModel
  readonly #calls: readonly RunCall[]
  readonly #options: PoolOptions
  readonly #results: RunResult[] = []
  /** Index of the run that was tried again last. */
  #triedAgain: number | undefined

  constructor(model: PooledModel, calls: readonly RunCall[], options: PoolOptions) {
    this.#model = model
    this.#calls = calls
    this.#options = options
  }

  /** @returns A result for each run, in order. */
  async compute(
    dispatcher: Dispatcher,
    { onStart, maxMs = NO_LIMIT_MS, maxAnswerBytes }: RunOptions,
  ): Promise<readonly RunResult[]> {
    while (this.#results.length < this.#calls.length) {
      const worker = await dispatcher.acquire(this.#model)
      if (!worker) {
        this.#failRest(new Error('no worker can be started'))
        break
      }
      if (this.#results.length === 0) onStart?.()
      try {
        await this.#computeOn(worker, { maxMs, maxAnswerBytes })
      } catch (error) {
        this.#loadFailed(worker, error as Error)
      } finally {
        dispatcher.release(worker, this.#model)
      }
    }
    return this.#results
  }

  /** @throws ModelLoadError if the worker cannot load the model. */
  async #computeOn(worker: WorkerProcess, limits: RunLimits): Promise<void> {
    const model = this.#model
    if (!model.sessions.has(worker)) await model.loadOn(worker, this.#options.intraOpThreads)
    const rest = this.#calls.slice(this.#results.length)
    const { results, death } = await worker.run(model.sessions.get(worker)!, rest, limits)
    this.#results.push(...results)
    if (!death) return
    const error = toRunError(death, this.#options.memoryBytes)
    if (error.code === 'RUNTIME_FAILED' && this.#mayTryAgain()) return
    this.#results.push(error)
    model.died()
  }

  /** If the worker has ended meanwhile, it may have been killed from outside. */
  #loadFailed(worker: WorkerProcess, error: Error): void {
    if (worker.isDead && !worker.isTooSlow && this.#mayTryAgain()) return
    this.#failRest(error)
    if (worker.isDead) this.#model.died()
  }

  /** True once for each run. */
  #mayTryAgain(): boolean {
    const isFirst = this.#triedAgain !== this.#results.length
    this.#triedAgain = this.#results.length
    return isFirst
  }

  #failRest(cause: Error): void {
    for (let left = this.#calls.length - this.#results.length; left > 0; left--)
      this.#results.push(runtimeFailed(cause))
  }
}
