import { statSync } from 'node:fs'
import { deathText } from './deaths.ts'
import type { Death } from './deaths.ts'
import type { LoadedModel } from './messages.ts'
import { EXIT_NO_LIBRARY, NativeLibraryError } from './native-library.ts'
import { ModelLoadError } from './runtime.ts'
import type { ModelSource } from './runtime.ts'
import type { WorkerProcess } from './worker-process.ts'

/** A model, with the number of its session in each worker that has loaded it. */
export class PooledModel {
  readonly sessions = new Map<WorkerProcess, number>()
  /** Its own file. */
  readonly file: string
  /** Number of runs that are computed now. */
  running = 0
  /** True if every worker loads it before it takes any run. Other models are loaded by the first run in a worker. */
  isResident = false
  /** True if no values can end a worker that computes it. */
  isHarmless = false
  #sources: readonly ModelSource[]
  readonly #version: string | undefined
  readonly #deathListeners: (() => void)[] = []

  /** @param sources The first one that can be loaded is used. The last one is its own file. */
  constructor(sources: readonly ModelSource[]) {
    this.#sources = sources
    this.file = sources.at(-1)!.file
    this.#version = versionOf(this.file)
  }

  /** True if it is loaded from an optimized copy of its file. */
  get hasCopy(): boolean {
    return this.#sources.length > 1
  }

  /** Loads it from its own file from now on. */
  dropCopy(): void {
    this.#sources = this.#sources.slice(-1)
  }

  onDeath(listener: () => void): void {
    this.#deathListeners.push(listener)
  }

  /** Tells the listeners that one of its runs has ended its worker. */
  died(): void {
    for (const listener of this.#deathListeners) listener()
  }

  /** @throws NativeLibraryError; ModelLoadError, also if its file has changed, because all workers must answer the same. */
  async loadOn(worker: WorkerProcess, intraOpThreads: number): Promise<LoadedModel> {
    if (versionOf(this.file) !== this.#version) {
      throw new ModelLoadError(
        'its file has changed since it was loaded first; restart the server to serve the new one',
      )
    }
    let problem = ''
    for (const source of this.#sources) {
      const outcome = await worker.load(source, intraOpThreads)
      if ('death' in outcome) throw toLoadError(outcome.death)
      if ('problem' in outcome) problem = outcome.problem
      else {
        this.sessions.set(worker, outcome.session)
        return outcome.loaded
      }
    }
    throw new ModelLoadError(problem)
  }
}

function toLoadError(death: Death): ModelLoadError {
  if (death.code === EXIT_NO_LIBRARY) return new NativeLibraryError(death.lastWords)
  const { timeoutMs } = death
  if (timeoutMs !== undefined)
    return new ModelLoadError(`loading it took longer than ${timeoutMs / 1000} s (--max-load)`)
  return new ModelLoadError(`loading it ends the process: ${deathText(death)}`)
}

/** Returns a text that changes with the content of a file; undefined if there is no file. */
function versionOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats && `${stats.ino} ${stats.size} ${stats.mtimeMs}`
}
