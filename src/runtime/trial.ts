import { ServingError } from '../core/errors.ts'
import type { RunResult } from '../core/inference.ts'
import { deathText, toRunError } from './deaths.ts'
import type { LoadedModel } from './messages.ts'
import type { PooledModel } from './pooled-model.ts'
import { ModelLoadError } from './runtime.ts'
import type { RunCall, WorkerProcess } from './worker-process.ts'

export interface TrialOptions {
  readonly intraOpThreads: number
  /** The longest time for loading and trying a model, in milliseconds. */
  readonly maxLoadMs: number
  /** Bytes that a worker may allocate. */
  readonly memoryBytes: number
}

// Sample inputs may be values that the model was not made for. After this number of deaths, the model has failed.
const MAX_DEATHS = 3
// The part of the whole time that one run may take. So a run that never ends leaves time for other values.
const RUN_SHARE = 0.25

/** Loads and tries a model in a worker of its own, until it is known that it can be served. */
export class Trial {
  readonly warnings: string[] = []
  readonly #model: PooledModel
  readonly #start: () => WorkerProcess
  readonly #options: TrialOptions
  #worker: WorkerProcess | undefined
  #deaths = 0
  #successes = 0
  #lastDeath = ''
  #failure: ModelLoadError | undefined
  #timer: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(model: PooledModel, start: () => WorkerProcess, options: TrialOptions) {
    this.#model = model
    this.#start = start
    this.#options = options
    this.#timer = setTimeout(() => this.#giveUp(), options.maxLoadMs)
  }

  /** @throws ModelLoadError with the problem of the file. */
  async load(): Promise<LoadedModel> {
    const worker = this.#start()
    this.#worker = worker
    try {
      return await this.#model.loadOn(worker, this.#options.intraOpThreads)
    } catch (error) {
      if (!this.#failure && worker.isDead && this.#model.hasCopy) {
        this.#dropCopy('it ends the process that loads it')
        return this.load()
      }
      await this.dispose()
      throw this.#failure ?? error
    }
  }

  /** Never rejects. A run that ends the worker fails alone, until this has happened too often. Calls wait for each other. */
  runAll(calls: readonly RunCall[]): Promise<readonly RunResult[]> {
    const results = this.#last.then(() => this.#runAll(calls))
    this.#last = results
    return results
  }

  async #runAll(calls: readonly RunCall[]): Promise<readonly RunResult[]> {
    const results: RunResult[] = []
    while (results.length < calls.length) {
      const worker = await this.#livingWorker()
      if (this.#failure || !worker) results.push(toError(this.#failure))
      else results.push(...(await this.#runOn(worker, calls.slice(results.length))))
    }
    return results
  }

  /**
   * @returns The worker that holds the model; undefined if its last run has ended it.
   * @throws ModelLoadError if the model cannot be served.
   */
  end(): WorkerProcess | undefined {
    clearTimeout(this.#timer)
    if (!this.#failure && this.#deaths > 0 && this.#successes === 0) this.#fail()
    if (this.#failure) throw this.#failure
    if (this.#deaths > 0) this.warnings.push(`some of the values that were tried end its process: ${this.#lastDeath}`)
    const worker = this.#worker
    this.#worker = undefined
    return worker?.isDead ? undefined : worker
  }

  async dispose(): Promise<void> {
    clearTimeout(this.#timer)
    const worker = this.#worker
    this.#worker = undefined
    await worker?.close()
  }

  async #runOn(worker: WorkerProcess, calls: readonly RunCall[]): Promise<readonly RunResult[]> {
    const { results, death } = await worker.run(this.#model.sessions.get(worker)!, calls, {
      maxMs: this.#options.maxLoadMs * RUN_SHARE,
    })
    this.#successes += results.filter((result) => !(result instanceof ServingError)).length
    if (!death) return results
    if (this.#model.hasCopy) {
      this.#dropCopy(deathText(death))
      return results
    }
    this.#deaths++
    this.#lastDeath = deathText(death)
    if (this.#deaths === MAX_DEATHS) this.#fail()
    return [...results, toRunError(death, this.#options.memoryBytes)]
  }

  async #livingWorker(): Promise<WorkerProcess | undefined> {
    if (this.#worker?.isDead && !this.#failure) {
      await this.load().catch((error: ModelLoadError) => (this.#failure ??= error))
    }
    return this.#worker
  }

  #dropCopy(reason: string): void {
    this.#model.dropCopy()
    this.warnings.push(`each worker holds the weights for itself, as the optimized copy cannot be used: ${reason}`)
  }

  #fail(): void {
    this.#failure = new ModelLoadError(`it ends the process that computes it: ${this.#lastDeath}`)
  }

  #giveUp(): void {
    const seconds = this.#options.maxLoadMs / 1000
    this.#failure ??= new ModelLoadError(`loading and trying it took longer than ${seconds} s (--max-load)`)
    this.#worker?.kill()
  }
}

function toError(failure: Error | undefined): ServingError {
  return new ServingError('INFERENCE_FAILED', failure?.message ?? 'the session has been disposed')
}
