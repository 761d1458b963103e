import { rmSync } from 'node:fs'
import { BufferPool } from '../core/buffer-pool.ts'
import { Dispatcher } from './dispatcher.ts'
import { loadInline } from './inline.ts'
import { PooledModel } from './pooled-model.ts'
import { PooledRuns } from './pooled-runs.ts'
import { PooledSession } from './pooled-session.ts'
import type { ModelSource, Runtime, Session } from './runtime.ts'
import { prepareModel } from './shared-weights.ts'
import { Trial } from './trial.ts'
import type { TrialOptions } from './trial.ts'
import type { WorkerSetOptions } from './worker-set.ts'

export type WorkerPoolOptions = Omit<WorkerSetOptions, 'buffers'> & TrialOptions & { readonly buffers?: BufferPool }

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
      return this.#open({ model, loaded: await trial.load(), trial, remove })
    } catch (error) {
      await remove()
      throw error
    }
  }

  openTried(source: ModelSource, { signature, unsupportedOutputs, loadMs }: Session): Session {
    const model = new PooledModel([source])
    model.isHarmless = true
    this.#dispatcher.workers.add(model)
    return this.#open({ model, loaded: { signature, unsupportedOutputs, loadMs } })
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

  #open(parts: ConstructorParameters<typeof PooledSession>[0]): Session {
    const options = this.#options
    const dispatcher = this.#dispatcher
    return new PooledSession(parts, {
      dispatcher,
      size: options.size,
      runAll: (model, calls, runOptions) => new PooledRuns(model, calls, options).compute(dispatcher, runOptions),
      onRun: (results) => this.#waitFor(results),
    })
  }

  #waitFor(results: Promise<unknown>): void {
    const forget = (): void => void this.#runs.delete(results)
    this.#runs.add(results)
    // The caller handles an error of the runs.
    results.then(forget, forget)
  }
}
