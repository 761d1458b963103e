import { statSync } from 'node:fs'
import type { LoadedSession } from './messages.ts'
import { ModelLoadError } from './runtime.ts'
import type { ModelSource } from './runtime.ts'
import type { WorkerThread } from './worker-thread.ts'

/** A model, and the number of its session on each thread that has loaded it. */
export class PooledModel {
  readonly sessions = new Map<WorkerThread, number>()
  /** Its own file. */
  readonly file: string
  readonly #sources: readonly ModelSource[]
  readonly #version: string | undefined

  /** @param sources Where it is loaded from: the first that can be, the last of which is its own file. */
  constructor(sources: readonly ModelSource[]) {
    this.#sources = sources
    this.file = sources.at(-1)!.file
    this.#version = versionOf(this.file)
  }

  /** @throws ModelLoadError, also when its file is another than at first: threads must not answer differently. */
  async loadOn(thread: WorkerThread, intraOpThreads: number): Promise<LoadedSession> {
    if (versionOf(this.file) !== this.#version) {
      throw new ModelLoadError('its file has changed since it was loaded first')
    }
    const loaded = await this.#loadFirst(thread, intraOpThreads)
    this.sessions.set(thread, loaded.session)
    return loaded
  }

  async #loadFirst(thread: WorkerThread, intraOpThreads: number): Promise<LoadedSession> {
    let problem: unknown
    for (const source of this.#sources) {
      try {
        return await thread.load(source, intraOpThreads)
      } catch (error) {
        if (!(error instanceof ModelLoadError)) throw error
        problem = error
      }
    }
    throw problem
  }
}

/** A run that waits for a thread that has its model. */
export interface WaitingRun {
  readonly model: PooledModel
  readonly start: (thread: WorkerThread, session: number) => void
  readonly reject: (error: Error) => void
}

/** What changes with the content of a file; undefined where it cannot be read. */
function versionOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats && `${stats.ino} ${stats.size} ${stats.mtimeMs}`
}
