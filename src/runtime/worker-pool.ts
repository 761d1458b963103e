import { rmSync } from 'node:fs'
import { ServingError } from '../core/errors.ts'
import type { RunRequest, RunResult } from '../core/inference.ts'
import { loadInline } from './inline.ts'
import type { LoadedSession, RunCall } from './messages.ts'
import { PooledModel } from './pooled-model.ts'
import type { WaitingRun } from './pooled-model.ts'
import { ModelLoadError } from './runtime.ts'
import type { ModelSource, Runtime, Session } from './runtime.ts'
import { prepareModel } from './shared-weights.ts'
import type { PreparedModel } from './shared-weights.ts'
import { WorkerThread, runtimeFailed } from './worker-thread.ts'

export interface WorkerPoolOptions {
  /** The built `worker.js`. */
  readonly entry: URL
  /** Threads; each holds every session and computes one run at a time. */
  readonly size: number
  /** Threads that one run may use; more than one pays for large models at low load alone. */
  readonly intraOpThreads: number
  /** A thread has ended by itself; it is being replaced. */
  readonly onDeath: (error: Error) => void
  /** A thread that took the place of another could not load this file; the others go on with it. */
  readonly onLost: (file: string, error: Error) => void
  /** A thread could not be replaced: nothing more can be relied on. */
  readonly onGiveUp: (error: Error) => void
}

// In a row, before anything is loaded.
const MAX_DEATHS = 3

/** The runtime on worker threads, so that loading and computing never hold up the event loop. */
export function createWorkerPool(options: WorkerPoolOptions): Runtime {
  // Must be set in the main thread before the native module loads, or it reports home and writes to disk.
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  return new WorkerPool(options)
}

class WorkerPool implements Runtime {
  readonly #options: WorkerPoolOptions
  readonly #models = new Set<PooledModel>()
  readonly #folders = new Set<string>()
  // How often each may still be replaced before it has loaded anything; not at all where none ever has.
  readonly #chances = new WeakMap<WorkerThread, number>()
  readonly #waiting = new Set<WaitingRun>()
  // Sessions take turns: whoever has been called last comes last the next time.
  readonly #listeners = new Set<() => void>()
  #threads: WorkerThread[]
  #isClosing = false
  #givenUp: Error | undefined

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#threads = Array.from({ length: options.size }, () => this.#startThread())
  }

  readonly loadInline = loadInline

  async load(source: ModelSource): Promise<Session> {
    const { entry, size } = this.#options
    return this.#open(await prepareModel(source, size, entry, (folder) => this.#folders.add(folder)))
  }

  removeFiles(): void {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true })
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  async #open({ sources, warnings, remove }: PreparedModel): Promise<Session> {
    const model = new PooledModel(sources)
    const listeners: (() => void)[] = []
    const dispose = async (): Promise<void> => {
      this.#models.delete(model)
      for (const listener of listeners) this.#listeners.delete(listener)
      await Promise.all([...model.sessions].map(([thread, session]) => thread.dispose(session)))
      await remove()
    }
    // Known from now on, so that a thread that dies meanwhile is forgotten here and its successor loads it as well.
    this.#models.add(model)
    try {
      const { signature, unsupportedOutputs, loadMs } = await this.#loadOnAll(model)
      const allOutputs = signature.outputs.map(({ name }) => name)
      const toCall = ({ inputs, outputs = allOutputs }: RunRequest): RunCall => ({ inputs, outputs })
      return {
        signature,
        unsupportedOutputs,
        warnings,
        loadMs,
        parallelism: this.#options.size,
        isFree: () => this.#givenUp !== undefined || Array.from(model.sessions.keys()).some((thread) => thread.isIdle),
        onFree: (listener) => {
          listeners.push(listener)
          this.#listeners.add(listener)
        },
        run: async (inputs, outputs = allOutputs) => {
          const [result] = await this.#run(model, [{ inputs, outputs }], () => undefined)
          if (result instanceof ServingError) throw result
          return result!
        },
        runAll: (requests, onStart) => this.#run(model, requests.map(toCall), onStart),
        dispose,
      }
    } catch (error) {
      await dispose()
      throw error
    }
  }

  async #loadOnAll(model: PooledModel): Promise<LoadedSession> {
    // One thread first: what is wrong with a file is found once.
    const [first, ...others] = this.#threads
    const loaded = await this.#loadOn(first!, model)
    await Promise.all(others.map((thread) => this.#loadOn(thread, model)))
    return loaded
  }

  async #loadOn(thread: WorkerThread, model: PooledModel): Promise<LoadedSession> {
    const loaded = await model.loadOn(thread, this.#options.intraOpThreads)
    this.#chances.set(thread, MAX_DEATHS)
    return loaded
  }

  /** On the first thread that has nothing to do: one that is stuck in a run gets no other. */
  #run(model: PooledModel, runs: readonly RunCall[], onStart: () => void): Promise<readonly RunResult[]> {
    return new Promise((resolve, reject) => {
      if (!this.#models.has(model)) throw new Error('the session has been disposed')
      if (this.#givenUp) throw runtimeFailed(this.#givenUp)
      const start = (thread: WorkerThread, session: number): void => {
        onStart()
        resolve(thread.run(session, runs))
      }
      this.#waiting.add({ model, start, reject })
      this.#dispatch()
    })
  }

  readonly #dispatch = (): void => {
    for (const run of this.#waiting) {
      const idle = [...run.model.sessions].find(([thread]) => thread.isIdle)
      if (!idle) continue
      this.#waiting.delete(run)
      run.start(...idle)
    }
    for (const listener of Array.from(this.#listeners)) {
      if (!this.#threads.some((thread) => thread.isIdle)) return
      this.#listeners.delete(listener)
      this.#listeners.add(listener)
      listener()
    }
  }

  #startThread(): WorkerThread {
    const thread: WorkerThread = new WorkerThread(this.#options.entry, this.#dispatch, (error) =>
      this.#bury(thread, error),
    )
    return thread
  }

  #bury(dead: WorkerThread, error: Error): void {
    for (const model of this.#models) model.sessions.delete(dead)
    if (this.#isClosing) return
    this.#options.onDeath(error)
    const chances = this.#chances.get(dead) ?? 0
    const replaced = chances > 0 ? this.#replace(dead, chances - 1) : Promise.reject(error)
    replaced.then(this.#dispatch, (reason: Error) => this.#giveUp(reason))
  }

  #giveUp(error: Error): void {
    this.#givenUp = error
    for (const run of this.#waiting) run.reject(runtimeFailed(error))
    this.#waiting.clear()
    // Whatever waits elsewhere is to start, and fail, now.
    for (const listener of Array.from(this.#listeners)) listener()
    this.#options.onGiveUp(error)
  }

  async #replace(dead: WorkerThread, chances: number): Promise<void> {
    const successor = this.#startThread()
    this.#chances.set(successor, chances)
    this.#threads = this.#threads.map((thread) => (thread === dead ? successor : thread))
    for (const model of this.#models) {
      try {
        await this.#loadOn(successor, model)
      } catch (error) {
        // One that dies meanwhile is replaced in its turn.
        if (!(error instanceof ModelLoadError)) return
        if (model.sessions.size === 0) throw error
        this.#options.onLost(model.file, error)
      }
    }
  }
}
