import { basename } from 'node:path'
import { ServingError } from '../core/errors.ts'
import type { NanPolicy } from '../core/nan-policy.ts'
import type { Observer } from '../core/observer.ts'
import { NativeLibraryError } from '../runtime/native-library.ts'
import { ModelLoadError } from '../runtime/runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { QueueLimits } from '../scheduling/waiting-room.ts'
import { readSideFiles } from './files/side-files.ts'
import { NO_GAPS } from './files/examples-json.ts'
import type { ExamplesJsonReader } from './files/examples-json.ts'
import { findEntry } from './find-entry.ts'
import { runInOrder } from './in-order.ts'
import { inspectModel } from './files/inspect.ts'
import { createModel } from './model.ts'
import type { Model } from './model.ts'
import type { ModelFile } from './files/repository.ts'
import { openSessions } from './sessions.ts'

/** One version of a model, in whatever state it is. */
export type ModelEntry = Pick<ModelFile, 'name' | 'version' | 'file'> &
  (
    | { readonly status: 'loading' }
    | { readonly status: 'ready' | 'paused'; readonly model: Model }
    | { readonly status: 'failed'; readonly error: string }
  )

/** All models of the server. */
export interface Registry {
  /** Every version of every model, sorted by name and version. */
  list(): readonly ModelEntry[]
  /**
   * One version of a model, in whatever state.
   *
   * @param name The default model when absent.
   * @param version When absent: the newest that is ready, or the newest where none is.
   * @throws ServingError MODEL_NOT_FOUND, with what is served instead.
   */
  find(name?: string, version?: string): ModelEntry
  /**
   * The model to answer with, found in the same way.
   *
   * @throws ServingError MODEL_NOT_FOUND or MODEL_NOT_READY, with what to do next.
   */
  get(name?: string, version?: string): Model
  /** True until every model has been loaded or has failed once. It is false before the last of them is reported. */
  readonly isStarting: boolean
  /** The name that `get()` stands for, if there is one. */
  readonly defaultName: string | undefined
  /**
   * Loads everything that was found. A model that cannot be loaded is marked failed and hinders no other.
   *
   * @throws NativeLibraryError when the runtime can load no model at all.
   */
  load(onSettled: (entry: ModelEntry, loadMs: number) => void): Promise<void>
  /** Answers everything that was accepted with an error: for a process that is about to end. */
  abandon(error: ServingError): void
  /** Loads no further model, answers what was accepted, then frees every model. */
  close(): Promise<void>
}

export interface RegistryOptions extends QueueLimits {
  readonly defaultName: string | undefined
  /** Models that are loaded and measured at once. */
  readonly maxLoading: number
  readonly maxRows: number
  readonly maxAnswerBytes: number
  readonly jsonNan: NanPolicy
  readonly maxRunMs: number
  /** Listens to every model. */
  readonly observer: Required<Observer>
  /** Called with what turns out to be wrong while a model is served. */
  readonly onWarning: (model: string, text: string) => void
  readonly examples: ExamplesJsonReader
}

export function createRegistry(files: readonly ModelFile[], runtime: Runtime, options: RegistryOptions): Registry {
  const entries: ModelEntry[] = files.map(({ name, version, file }) => ({ name, version, file, status: 'loading' }))
  const names = [...new Set(files.map(({ name }) => name))]
  const defaultName = options.defaultName ?? (names.length === 1 ? names[0] : undefined)
  let loading = Promise.resolve()
  let isClosing = false
  let unsettled = files.length

  return {
    defaultName,
    get isStarting() {
      return unsettled > 0
    },
    list: () => entries.map(toCurrent),
    find: (name, version) => toCurrent(findEntry(entries, name ?? defaultName, version)),
    get: (name, version) => readyModel(findEntry(entries, name ?? defaultName, version)),
    load: (onSettled) => (loading = loadAll(onSettled)),
    abandon(error) {
      for (const entry of entries) if ('model' in entry) entry.model.abandon(error)
    },
    async close() {
      isClosing = true
      await loading
      await Promise.all(entries.flatMap((entry) => ('model' in entry ? [entry.model.close()] : [])))
    },
  }

  function canRuntimeLoad(): boolean {
    return entries.some(({ status }) => status === 'ready')
  }

  async function loadAll(onSettled: (entry: ModelEntry, loadMs: number) => void): Promise<void> {
    await runInOrder(files, {
      limit: options.maxLoading,
      isStopped: () => isClosing,
      async run(file, index) {
        const startedAt = performance.now()
        const entry = await loadEntry(file, canRuntimeLoad, runtime, options)
        entries[index] = entry
        unsettled--
        return { entry, loadMs: performance.now() - startedAt }
      },
      onResult: ({ entry, loadMs }) => onSettled(entry, loadMs),
    })
    if (!isClosing) await runtime.settle()
  }
}

/** @param canRuntimeLoad True once a model has been loaded: the library is there, so its absence is no fault of the platform. */
async function loadEntry(
  source: ModelFile,
  canRuntimeLoad: () => boolean,
  runtime: Runtime,
  options: RegistryOptions,
): Promise<ModelEntry> {
  const { name, version, file } = source
  try {
    return { name, version, file, status: 'ready', model: await loadModel(source, runtime, options) }
  } catch (error) {
    if (error instanceof NativeLibraryError && !canRuntimeLoad()) throw error
    return { name, version, file, status: 'failed', error: failureText(source, error) }
  }
}

async function loadModel(file: ModelFile, runtime: Runtime, options: RegistryOptions): Promise<Model> {
  if (file.problem) throw new Error(file.problem)
  const { info, source } = inspectModel(file.file)
  const { examples, execution, forModel } = await readSideFiles(file)
  const gaps = examples === undefined ? NO_GAPS : options.examples.gaps(examples)
  const sessions = await openSessions(runtime, source, info, execution)
  const onWarning = (text: string): void => options.onWarning(file.name, text)
  const model = await createModel(sessions, {
    ...options,
    name: file.name,
    version: file.version,
    modelJson: await forModel(sessions.trial.signature, onWarning),
    info,
    fileBytes: source.bytes,
    exampleGaps: gaps,
    exampleRows: (view) => (examples === undefined ? [] : options.examples.rows(examples, view)),
    offerExample: options.examples.offer,
    onWarning,
  }).catch(async (error: unknown) => {
    await sessions.dispose()
    throw error
  })
  try {
    if (examples !== undefined) await options.examples.check(examples, model.view, (request) => model.infer(request))
    await sessions.workers.serve({ isHarmless: info.harmless.isProven, isResident: model.execution.mode !== 'inline' })
    return model
  } catch (error) {
    // Whatever it was loaded into besides the session is freed as well.
    await model.close()
    throw error
  }
}

function failureText({ file }: ModelFile, error: unknown): string {
  if (!(error instanceof ModelLoadError)) return (error as Error).message
  return `${basename(file)} cannot be loaded: ${error.message}`
}

/** A model knows by itself that it is paused. It may still answer what needs no worker. */
function toCurrent(entry: ModelEntry): ModelEntry {
  return 'model' in entry && entry.model.isPaused ? { ...entry, status: 'paused' } : entry
}

function readyModel(entry: ModelEntry): Model {
  if ('model' in entry) return entry.model
  throw new ServingError('MODEL_NOT_READY', `model ${entry.name} version ${entry.version} ${stateText(entry)}`)
}

function stateText(entry: ModelEntry): string {
  return entry.status === 'failed' ? `failed to load: ${entry.error}` : 'is still loading'
}
