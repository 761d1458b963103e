import { rmSync } from 'node:fs'
import { BufferPool } from '../core/buffer-pool.ts'
import { ServingError } from '../core/errors.ts'
import type { RunRequest, RunResult } from '../core/inference.ts'
import type { Tensors } from '../core/tensor.ts'
import { runtimeFailed, toRunError } from './deaths.ts'
import { Dispatcher } from './dispatcher.ts'
import { loadInline } from './inline.ts'
import type { LoadedModel } from './messages.ts'
import { PooledModel } from './pooled-model.ts'
import type { ModelSource, RunLimits, RunOptions, Runtime, Session } from './runtime.ts'
import { prepareModel } from './shared-weights.ts'
import { Trial } from './trial.ts'
import type { TrialOptions } from './trial.ts'
import type { RunCall, RunOutcome, WorkerProcess } from './worker-process.ts'
import type { WorkerSetOptions } from './worker-set.ts'

export type WorkerPoolOptions = Omit<WorkerSetOptions, 'buffers'> & TrialOptions & { readonly buffers?: BufferPool }

// The longest delay that a timer accepts.
const NO_LIMIT_MS = 2 ** 31 - 1

/** Creates the runtime on worker processes. If one dies while it computes, the server goes on. */
export function createWorkerPool(options: WorkerPoolOptions): Runtime {
  // Without this, the native module sends telemetry and writes to disk. It must be set before the module is loaded. Workers
  // inherit it.
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  return new WorkerPool({ ...options, buffers: options.buffers ?? new BufferPool() })
}

class WorkerPool implements Runtime {
  readonly #options: WorkerSetOptions & TrialOptions
  readonly #dispatcher: Dispatcher
  readonly #folders = new Set<string>()
  readonly #runs = new Set<Promise<unknown>>()

  constructor(options: WorkerSetOptions & TrialOptions) {
    this.#options = options
    this.#dispatcher = new Dispatcher(options)
  }

  readonly loadInline = loadInline

  async load(source: ModelSource): Promise<Session> {
    const { entry, prefix, maxLoadMs } = this.#options
    const onFolder = (folder: string): void => void this.#folders.add(folder)
    const { sources, warnings, remove } = await prepareModel(source, { entry, prefix, timeoutMs: maxLoadMs, onFolder })
    const model = new PooledModel(sources)
    const trial = new Trial(model, () => this.#dispatcher.workers.start(), this.#options)
    trial.warnings.push(...warnings)
    try {
      const loaded = await trial.load()
      return this.#open(model, loaded, trial, remove)
    } catch (error) {
      await remove()
      throw error
    }
  }

  openTried(source: ModelSource, { signature, unsupportedOutputs, loadMs }: Session): Session {
    const model = new PooledModel([source])
    model.isHarmless = true
    this.#dispatcher.workers.add(model)
    return this.#open(model, { signature, unsupportedOutputs, loadMs })
  }

  settle(): Promise<void> {
    return this.#dispatcher.workers.settle()
  }

  kill(): void {
    this.#dispatcher.workers.kill()
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true })
  }

  async close(): Promise<void> {
    await Promise.all(this.#runs)
    await this.#dispatcher.workers.close()
  }

  /** @param trial Computes the model until it is served. */
  #open(
    model: PooledModel,
    loaded: LoadedModel,
    trial?: Trial,
    remove = async (): Promise<void> => undefined,
  ): Session {
    const { workers } = this.#dispatcher
    const listeners: (() => void)[] = []
    const allOutputs = loaded.signature.outputs.map(({ name }) => name)
    const toCall = ({ inputs, outputs = allOutputs }: RunRequest): RunCall => ({ inputs, outputs })
    let current = trial
    let isDisposed = false

    const runAll = async (requests: readonly RunRequest[], options: RunOptions = {}): Promise<readonly RunResult[]> => {
      if (isDisposed) throw new Error('the session has been disposed')
      const calls = requests.map(toCall)
      if (current) options.onStart?.()
      const results = current ? current.runAll(calls) : this.#runAll(model, calls, options)
      this.#runs.add(results)
      return results.finally(() => this.#runs.delete(results))
    }
    return {
      ...loaded,
      warnings: trial?.warnings ?? [],
      parallelism: this.#options.size,
      isFree: () => current !== undefined || this.#dispatcher.isFree(model),
      onFree: (listener) => {
        listeners.push(listener)
        this.#dispatcher.onFree(listener)
      },
      onDeath: (listener) => model.onDeath(listener),
      run: async (inputs, outputs) => orThrow((await runAll([{ inputs, outputs }]))[0]!),
      runAll,
      async serve({ isHarmless, isResident }) {
        const worker = current?.end()
        current = undefined
        model.isHarmless = isHarmless
        model.isResident = isResident
        workers.add(model)
        if (worker) workers.admit(worker)
      },
      dispose: async () => {
        isDisposed = true
        this.#dispatcher.forget(listeners)
        await Promise.all([current?.dispose(), workers.remove(model)])
        await remove()
      },
    }
  }

  /**
   * Computes runs one after the other. If a run ends its worker, the rest continues in another worker. A run is tried once
   * more if its worker ended for a reason outside of the run.
   */
  async #runAll(
    model: PooledModel,
    calls: readonly RunCall[],
    { onStart, maxMs = NO_LIMIT_MS, maxAnswerBytes }: RunOptions,
  ) {
    const results: RunResult[] = []
    let triedAgain: number | undefined
    const mayTryAgain = (): boolean => {
      const isFirst = triedAgain !== results.length
      triedAgain = results.length
      return isFirst
    }
    const failRest = (cause: Error): void => {
      for (let left = calls.length - results.length; left > 0; left--) results.push(runtimeFailed(cause))
    }
    while (results.length < calls.length) {
      const worker = await this.#dispatcher.acquire(model)
      if (!worker) {
        failRest(new Error('no worker can be started'))
        break
      }
      if (results.length === 0) onStart?.()
      try {
        const { results: computed, death } = await this.#runOn(worker, model, calls.slice(results.length), {
          maxMs,
          maxAnswerBytes,
        })
        results.push(...computed)
        if (!death) continue
        const error = toRunError(death, this.#options.memoryBytes)
        if (error.code === 'RUNTIME_FAILED' && mayTryAgain()) continue
        results.push(error)
        model.died()
      } catch (error) {
        // The model cannot be loaded there. If the worker has ended meanwhile, it may have been killed from outside.
        if (worker.isDead && !worker.isTooSlow && mayTryAgain()) continue
        failRest(error as Error)
        if (worker.isDead) model.died()
      } finally {
        this.#dispatcher.release(worker, model)
      }
    }
    return results
  }

  async #runOn(
    worker: WorkerProcess,
    model: PooledModel,
    calls: readonly RunCall[],
    limits: RunLimits,
  ): Promise<RunOutcome> {
    if (!model.sessions.has(worker)) await model.loadOn(worker, this.#options.intraOpThreads)
    return worker.run(model.sessions.get(worker)!, calls, limits)
  }
}

function orThrow(result: RunResult): Tensors {
  if (result instanceof ServingError) throw result
  return result
}
