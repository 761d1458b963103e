import type { PooledModel } from './pooled-model.ts'
import type { WorkerProcess } from './worker-process.ts'
import { WorkerSet } from './worker-set.ts'
import type { WorkerSetOptions } from './worker-set.ts'

interface WaitingRun {
  readonly model: PooledModel
  readonly resolve: (worker: WorkerProcess | undefined) => void
}

/** Gives workers to runs. No model has more workers than its share, and models take turns. */
export class Dispatcher {
  readonly workers: WorkerSet
  readonly #size: number
  readonly #waiting = new Set<WaitingRun>()
  // In the order of calls: a listener that was called goes to the end.
  readonly #listeners = new Set<() => void>()

  constructor(options: WorkerSetOptions) {
    this.#size = options.size
    this.workers = new WorkerSet(options, () => this.#dispatch())
  }

  /** True if a run of this model would start now. */
  isFree(model: PooledModel): boolean {
    return model.running < this.#size && (this.workers.hasIdle || this.workers.canGrow)
  }

  onFree(listener: () => void): void {
    this.#listeners.add(listener)
  }

  forget(listeners: readonly (() => void)[]): void {
    for (const listener of listeners) this.#listeners.delete(listener)
  }

  /** Waits for an idle worker. Give it back with `release`. @returns undefined if no worker can be started. */
  acquire(model: PooledModel): Promise<WorkerProcess | undefined> {
    return new Promise((resolve) => {
      this.#waiting.add({ model, resolve })
      this.#dispatch()
    })
  }

  release(worker: WorkerProcess, model: PooledModel): void {
    model.running--
    this.workers.giveBack(worker)
  }

  #dispatch(): void {
    this.#giveWorkers()
    if (this.workers.isStuck) this.#giveUp()
    for (const listener of Array.from(this.#listeners)) {
      if (!this.workers.hasIdle && !this.workers.canGrow) return
      this.#listeners.delete(listener)
      this.#listeners.add(listener)
      listener()
    }
  }

  #giveWorkers(): void {
    for (const run of this.#waiting) {
      if (run.model.running >= this.#size) continue
      const worker = this.workers.take(run.model)
      if (!worker) {
        this.workers.grow()
        break
      }
      this.#waiting.delete(run)
      run.model.running++
      run.resolve(worker)
    }
  }

  #giveUp(): void {
    for (const { resolve } of this.#waiting) resolve(undefined)
    this.#waiting.clear()
  }
}
