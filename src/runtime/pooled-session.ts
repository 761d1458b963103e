import { ServingError } from '../core/errors.ts'
import type { RunRequest, RunResult } from '../core/inference.ts'
import type { Tensors } from '../core/tensor.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { LoadedModel } from './messages.ts'
import type { PooledModel } from './pooled-model.ts'
import type { RunOptions, ServeOptions, Session } from './runtime.ts'
import type { Trial } from './trial.ts'
import type { RunCall } from './worker-process.ts'

interface SessionParts {
  readonly model: PooledModel
  readonly loaded: LoadedModel
  /** Computes the model until it is served. Absent if it was tried elsewhere. */
  readonly trial?: Trial
  /** Removes the temporary files of the model. */
  readonly remove?: () => Promise<void>
}

interface Pool {
  readonly dispatcher: Dispatcher
  /** Most workers that compute one model at the same time. */
  readonly size: number
  /** Computes runs in the shared workers. */
  readonly runAll: (model: PooledModel, calls: readonly RunCall[], options: RunOptions) => Promise<readonly RunResult[]>
  /** Called with all runs, so that the pool can wait for them. */
  readonly onRun: (results: Promise<unknown>) => void
}

/** A model that is computed in a worker of its own while it is tried, and then in the shared workers. */
export class PooledSession implements Session {
  readonly signature: Session['signature']
  readonly unsupportedOutputs: Session['unsupportedOutputs']
  readonly loadMs: number
  readonly warnings: readonly string[]
  readonly parallelism: number
  readonly #parts: SessionParts
  readonly #pool: Pool
  readonly #allOutputs: readonly string[]
  readonly #listeners: (() => void)[] = []
  #trial: Trial | undefined
  #isDisposed = false

  constructor(parts: SessionParts, pool: Pool) {
    const { signature, unsupportedOutputs, loadMs } = parts.loaded
    this.signature = signature
    this.unsupportedOutputs = unsupportedOutputs
    this.loadMs = loadMs
    this.warnings = parts.trial?.warnings ?? []
    this.parallelism = pool.size
    this.#parts = parts
    this.#pool = pool
    this.#allOutputs = signature.outputs.map(({ name }) => name)
    this.#trial = parts.trial
  }

  isFree(): boolean {
    return this.#trial !== undefined || this.#pool.dispatcher.isFree(this.#parts.model)
  }

  onFree(listener: () => void): void {
    this.#listeners.push(listener)
    this.#pool.dispatcher.onFree(listener)
  }

  onDeath(listener: () => void): void {
    this.#parts.model.onDeath(listener)
  }

  async run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors> {
    const [result] = await this.runAll([{ inputs, outputs }])
    if (result instanceof ServingError) throw result
    return result!
  }

  async runAll(requests: readonly RunRequest[], options: RunOptions = {}): Promise<readonly RunResult[]> {
    if (this.#isDisposed) throw new Error('the session has been disposed')
    const calls = requests.map(({ inputs, outputs = this.#allOutputs }): RunCall => ({ inputs, outputs }))
    if (this.#trial) options.onStart?.()
    const results = this.#trial ? this.#trial.runAll(calls) : this.#pool.runAll(this.#parts.model, calls, options)
    this.#pool.onRun(results)
    return results
  }

  async serve({ isHarmless, isResident }: ServeOptions): Promise<void> {
    const { model } = this.#parts
    const { workers } = this.#pool.dispatcher
    const worker = this.#trial?.end()
    this.#trial = undefined
    model.isHarmless = isHarmless
    model.isResident = isResident
    workers.add(model)
    if (worker) workers.admit(worker)
  }

  async dispose(): Promise<void> {
    const { model, remove } = this.#parts
    const { dispatcher } = this.#pool
    this.#isDisposed = true
    dispatcher.forget(this.#listeners)
    await Promise.all([this.#trial?.dispose(), dispatcher.workers.remove(model)])
    await remove?.()
  }
}
