import type { WorkerDeath } from '../core/worker-death.ts'
import { Backoff } from './backoff.ts'
import { workersNeeded } from './capacity.ts'
import { causeOf, deathText } from './deaths.ts'
import type { Death } from './deaths.ts'
import type { PooledModel } from './pooled-model.ts'
import { WorkerProcess } from './worker-process.ts'
import type { WorkerProcessOptions } from './worker-process.ts'

export interface WorkerSetOptions extends WorkerProcessOptions {
  /** Most workers that compute one model at the same time. */
  readonly size: number
  /** Threads for one run. More than one is only faster for large models at low load. */
  readonly intraOpThreads: number
  /** Called when a worker has ended by itself, or was ended because of a run. */
  readonly onDeath: (death: WorkerDeath) => void
  /** Called when a worker could not load a file. The other workers go on with it. */
  readonly onLost: (file: string, error: Error) => void
}

// A worker that was started for one large request ends after this time without another one.
const IDLE_MS = 60_000

/** Starts the worker processes, lets them load the models, and replaces workers that die. */
export class WorkerSet {
  readonly #options: WorkerSetOptions
  readonly #onIdle: () => void
  readonly #models = new Set<PooledModel>()
  /** All workers, with those that try models. */
  readonly #all = new Set<WorkerProcess>()
  /** Workers that compute any model, or will do so when they have loaded the models. */
  readonly #serving = new Set<WorkerProcess>()
  readonly #preparing = new Map<WorkerProcess, Promise<void>>()
  readonly #busy = new Map<WorkerProcess, PooledModel>()
  /** Models that a worker could not load. */
  readonly #lost = new WeakMap<WorkerProcess, Set<PooledModel>>()
  /** The worker that was used last is at the end. `take` begins there, because its memory is warm. */
  #idle: WorkerProcess[] = []
  /** The delay between attempts if workers die before they can compute. */
  readonly #starts = new Backoff(() => this.#replace())
  readonly #idleTimer = setTimeout(() => this.#endUnused(), IDLE_MS).unref()
  #isClosing = false

  /** @param onIdle Called when a worker is idle, when `canGrow` may be true again, and when `isStuck` may have become true. */
  constructor(options: WorkerSetOptions, onIdle: () => void) {
    this.#options = options
    this.#onIdle = onIdle
  }

  get hasIdle(): boolean {
    return this.#idle.length > 0
  }

  /** True if one more worker may be started for a run. */
  get canGrow(): boolean {
    return (
      !this.#starts.isWaiting &&
      !this.#isClosing &&
      this.#serving.size < workersNeeded([...this.#models], this.#options.size)
    )
  }

  /** True if there is no worker, and several in a row have died before they could compute. */
  get isStuck(): boolean {
    return this.#serving.size === 0 && this.#starts.isHopeless
  }

  /** Starts a worker for the caller alone, until it is admitted. */
  start(): WorkerProcess {
    const worker: WorkerProcess = new WorkerProcess(this.#options, (death) => this.#bury(worker, death))
    this.#all.add(worker)
    return worker
  }

  /** Lets a worker compute every model if a worker is missing. If not, the worker ends. */
  admit(worker: WorkerProcess): void {
    if (this.#missing() <= 0 || this.#isClosing) return void worker.close()
    this.#serving.add(worker)
    this.#prepare(worker)
  }

  /** Adds a model. If it is resident, every worker loads it before it computes anything else. */
  add(model: PooledModel): void {
    this.#models.add(model)
    if (model.isResident) for (const worker of this.#idle.splice(0)) this.#prepare(worker)
  }

  async remove(model: PooledModel): Promise<void> {
    this.#models.delete(model)
    await Promise.all(Array.from(model.sessions, ([worker, session]) => worker.dispose(session)))
    model.sessions.clear()
  }

  /** Takes an idle worker. It prefers a worker that holds the model to one that has to load it. */
  take(model: PooledModel): WorkerProcess | undefined {
    const holder = this.#idle.findLastIndex((worker) => model.sessions.has(worker))
    const [worker] = this.#idle.splice(holder, 1)
    if (worker) this.#busy.set(worker, model)
    return worker
  }

  giveBack(worker: WorkerProcess): void {
    this.#busy.delete(worker)
    this.#prepare(worker)
  }

  grow(): void {
    if (!this.canGrow) return
    const worker = this.start()
    this.#serving.add(worker)
    this.#prepare(worker)
  }

  /** Starts missing workers. Resolves when all of them can compute. */
  async settle(): Promise<void> {
    this.#refill()
    while (this.#preparing.size > 0) await Promise.all(this.#preparing.values())
  }

  kill(): void {
    this.#isClosing = true
    for (const worker of this.#all) worker.kill()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.#starts.stop()
    clearTimeout(this.#idleTimer)
    await Promise.all(Array.from(this.#all, (worker) => worker.close()))
  }

  /** Returns the number of workers that should be ready but do not exist. */
  #missing(): number {
    return workersNeeded(this.#residents(), this.#options.size) - this.#serving.size
  }

  #residents(): PooledModel[] {
    return [...this.#models].filter(({ isResident }) => isResident)
  }

  #refill(): void {
    for (let count = this.#missing(); count > 0; count--) this.grow()
  }

  /** Lets a worker load the models that it lacks. Then it is idle. */
  #prepare(worker: WorkerProcess): void {
    if (worker.isDead) return
    const lost = this.#lost.get(worker)
    const missing = this.#residents().filter((model) => !model.sessions.has(worker) && !lost?.has(model))
    if (missing.length > 0) return void this.#preparing.set(worker, this.#loadAll(worker, missing))
    this.#preparing.delete(worker)
    this.#starts.succeeded()
    this.#idle.push(worker)
    this.#idleTimer.refresh()
    this.#onIdle()
  }

  async #loadAll(worker: WorkerProcess, models: readonly PooledModel[]): Promise<void> {
    for (const model of models) {
      try {
        await model.loadOn(worker, this.#options.intraOpThreads)
      } catch (error) {
        this.#options.onLost(model.file, error as Error)
        // It ended a worker. So the next worker does not load it before a request needs it.
        if (worker.isDead) model.isResident = false
        this.#lost.set(worker, (this.#lost.get(worker) ?? new Set()).add(model))
      }
      if (worker.isDead) return
    }
    this.#prepare(worker)
  }

  #bury(worker: WorkerProcess, death: Death): void {
    this.#all.delete(worker)
    this.#idle = this.#idle.filter((each) => each !== worker)
    for (const model of this.#models) model.sessions.delete(worker)
    const file = this.#busy.get(worker)?.file
    this.#busy.delete(worker)
    if (!this.#serving.delete(worker) || this.#isClosing) return
    this.#options.onDeath({ cause: causeOf(death), reason: deathText(death), file })
    // A worker that died before it could compute would die again at once. So the next one starts after a delay.
    if (!this.#preparing.delete(worker)) return this.#replace()
    this.#starts.failed()
    this.#onIdle()
  }

  #replace(): void {
    this.#refill()
    this.#onIdle()
  }

  /** Ends idle workers if no model is resident. */
  #endUnused(): void {
    if (this.#residents().length > 0) return
    for (const worker of this.#idle.splice(0)) {
      this.#serving.delete(worker)
      void worker.close()
    }
  }
}
