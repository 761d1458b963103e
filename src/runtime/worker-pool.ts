import type { Tensors } from '../core/tensor.ts'
import type { LoadedSession } from './messages.ts'
import type { Runtime, Session } from './runtime.ts'
import { WorkerThread, runtimeFailed } from './worker-thread.ts'

export interface WorkerPoolOptions {
  /** The built `worker.js`. */
  readonly entry: URL
  /** Threads; each holds every session and computes one run at a time. */
  readonly size: number
  /** A thread has ended by itself; it is being replaced. */
  readonly onDeath: (error: Error) => void
  /** A thread could not be replaced: nothing more can be relied on. */
  readonly onGiveUp: (error: Error) => void
}

/** The runtime on worker threads, so that loading and computing never hold up the event loop. */
export function createWorkerPool(options: WorkerPoolOptions): Runtime {
  // Must be set in the main thread before the native module loads, or it reports home and writes to disk.
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  return new WorkerPool(options)
}

/** A model file, and the number of its session on each thread that has loaded it. */
interface PooledModel {
  readonly file: string
  readonly sessions: Map<WorkerThread, number>
}

interface WaitingRun {
  readonly model: PooledModel
  readonly start: (thread: WorkerThread, session: number) => void
  readonly reject: (error: Error) => void
}

class WorkerPool implements Runtime {
  readonly #options: WorkerPoolOptions
  readonly #models = new Set<PooledModel>()
  // Threads that have loaded something: one that dies before will not fare better the next time.
  readonly #proven = new WeakSet<WorkerThread>()
  readonly #waiting = new Set<WaitingRun>()
  #threads: WorkerThread[]
  #isClosing = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#threads = Array.from({ length: options.size }, () => this.#startThread())
  }

  async load(file: string): Promise<Session> {
    const model: PooledModel = { file, sessions: new Map() }
    const dispose = async (): Promise<void> => {
      this.#models.delete(model)
      await Promise.all([...model.sessions].map(([thread, session]) => thread.dispose(session)))
    }
    // Known from now on, so that a thread that dies meanwhile is forgotten here and its successor loads it as well.
    this.#models.add(model)
    try {
      const { signature, unsupportedOutputs } = await this.#loadOnAll(model)
      const allOutputs = signature.outputs.map(({ name }) => name)
      return {
        signature,
        unsupportedOutputs,
        parallelism: this.#options.size,
        run: (inputs, outputs = allOutputs) => this.#run(model, inputs, outputs),
        dispose,
      }
    } catch (error) {
      await dispose()
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  async #loadOnAll(model: PooledModel): Promise<LoadedSession> {
    // One thread first: what is wrong with a file is found once.
    const [first, ...others] = this.#threads
    const loaded = await this.#loadOn(first!, model)
    await Promise.all(others.map((thread) => this.#loadOn(thread, model)))
    return loaded
  }

  async #loadOn(thread: WorkerThread, model: PooledModel): Promise<LoadedSession> {
    const loaded = await thread.load(model.file)
    this.#proven.add(thread)
    model.sessions.set(thread, loaded.session)
    return loaded
  }

  /** On the first thread that has nothing to do: one that is stuck in a run gets no other. */
  #run(model: PooledModel, inputs: Tensors, outputs: readonly string[]): Promise<Tensors> {
    return new Promise((resolve, reject) => {
      if (!this.#models.has(model)) throw new Error('the session has been disposed')
      const start = (thread: WorkerThread, session: number): void => {
        resolve(thread.run(session, inputs, outputs))
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
    const replaced = this.#proven.has(dead) ? this.#replace(dead) : Promise.reject(error)
    replaced.then(this.#dispatch, () => this.#giveUp(error))
  }

  #giveUp(error: Error): void {
    for (const run of this.#waiting) run.reject(runtimeFailed(error))
    this.#waiting.clear()
    this.#options.onGiveUp(error)
  }

  async #replace(dead: WorkerThread): Promise<void> {
    const successor = this.#startThread()
    this.#threads = this.#threads.map((thread) => (thread === dead ? successor : thread))
    await Promise.all([...this.#models].map((model) => this.#loadOn(successor, model)))
  }
}
