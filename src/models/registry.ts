import type { ServingError } from '../core/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ModelFile } from './files/repository.ts'
import { findEntry } from './find-entry.ts'
import { runInOrder } from './in-order.ts'
import { loadEntry } from './load-entry.ts'
import type { LoadOptions } from './load-entry.ts'
import type { Model } from './model.ts'
import { loadedModelOf, toCurrentEntry } from './model-entry.ts'
import type { ModelEntry } from './model-entry.ts'

/** All models of the server. */
export interface Registry {
  /** Every version of every model, sorted by name and version. */
  list(): readonly ModelEntry[]
  /**
   * Finds one version of a model, in any state.
   *
   * @param name The default model if absent.
   * @param version If absent, the newest version that is loaded, also if it is paused. If none is loaded, the newest one.
   * @throws ServingError MODEL_NOT_FOUND, with the names or versions that are served.
   */
  find(name?: string, version?: string): ModelEntry
  /**
   * Finds the model that answers a request, in the same way.
   *
   * @throws ServingError MODEL_NOT_FOUND as `find`, or MODEL_NOT_READY with the state of the version.
   */
  get(name?: string, version?: string): Model
  /** True until every model has been loaded or has failed. It is already false when `onSettled` reports the last model. */
  readonly isStarting: boolean
  /** The model that answers requests without a name, if there is one. */
  readonly defaultName: string | undefined
  /**
   * Loads every file. A model that cannot be loaded does not stop the others.
   *
   * @param onSettled Called with each entry that was loaded or has failed, in the order of `list`.
   * @throws NativeLibraryError if the runtime cannot load any model.
   */
  load(onSettled: (entry: ModelEntry, loadMs: number) => void): Promise<void>
  /** Answers all accepted requests with an error, because the process is about to end. */
  abandon(error: ServingError): void
  /** Loads no further model, answers all accepted requests, then frees every model. */
  close(): Promise<void>
}

export interface RegistryOptions extends Omit<LoadOptions, 'canRuntimeLoad'> {
  readonly defaultName: string | undefined
  /** Most models that are loaded and measured at the same time. */
  readonly maxLoading: number
}

export function createRegistry(files: readonly ModelFile[], runtime: Runtime, options: RegistryOptions): Registry {
  const entries: ModelEntry[] = files.map(({ name, version, file }) => ({ name, version, file, status: 'loading' }))
  const names = [...new Set(files.map(({ name }) => name))]
  const defaultName = options.defaultName ?? (names.length === 1 ? names[0] : undefined)
  const loadOptions = { ...options, canRuntimeLoad: () => entries.some(({ status }) => status === 'ready') }
  let loading = Promise.resolve()
  let isClosing = false
  let unsettled = files.length

  return {
    defaultName,
    get isStarting() {
      return unsettled > 0
    },
    list: () => entries.map(toCurrentEntry),
    find: (name, version) => toCurrentEntry(findEntry(entries, name ?? defaultName, version)),
    get: (name, version) => loadedModelOf(findEntry(entries, name ?? defaultName, version)),
    load: (onSettled) => (loading = loadAll(onSettled)),
    abandon: (error) => loadedModelsOf(entries).forEach((model) => model.abandon(error)),
    async close() {
      isClosing = true
      await loading
      await Promise.all(loadedModelsOf(entries).map((model) => model.close()))
    },
  }

  async function loadAll(onSettled: (entry: ModelEntry, loadMs: number) => void): Promise<void> {
    await runInOrder(files, {
      limit: options.maxLoading,
      isStopped: () => isClosing,
      async run(file, index) {
        const startedAt = performance.now()
        const entry = await loadEntry(file, runtime, loadOptions)
        entries[index] = entry
        unsettled--
        return { entry, loadMs: performance.now() - startedAt }
      },
      onResult: ({ entry, loadMs }) => onSettled(entry, loadMs),
    })
    if (!isClosing) await runtime.settle()
  }
}

function loadedModelsOf(entries: readonly ModelEntry[]): Model[] {
  return entries.flatMap((entry) => ('model' in entry ? [entry.model] : []))
}
