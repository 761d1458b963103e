import { basename } from 'node:path'
import { NativeLibraryError } from '../runtime/native-library.ts'
import { ModelLoadError } from '../runtime/runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { NO_GAPS } from './files/examples-json.ts'
import type { ExamplesJsonReader } from './files/examples-json.ts'
import { inspectModel } from './files/inspect.ts'
import type { ModelFile } from './files/repository.ts'
import { readSideFiles } from './files/side-files.ts'
import type { Model } from './model.ts'
import type { ModelEntry } from './model-entry.ts'
import type { ServerModelOptions } from './model-options.ts'
import { createModel } from './served-model.ts'
import { openSessions } from './sessions.ts'

export interface LoadOptions extends ServerModelOptions {
  /** Called with a problem that does not stop the model. It may come up while the model is served. */
  readonly onWarning: (model: string, text: string) => void
  readonly examples: ExamplesJsonReader
  /** True once a model has been loaded. A missing library is then a problem of one worker, and not of the platform. */
  readonly canRuntimeLoad: () => boolean
}

/**
 * Loads a model and tries it. A model that cannot be loaded becomes an entry with the state `failed`.
 *
 * @throws NativeLibraryError if the runtime cannot load any model.
 */
export async function loadEntry(found: ModelFile, runtime: Runtime, options: LoadOptions): Promise<ModelEntry> {
  const { name, version, file } = found
  try {
    return { name, version, file, status: 'ready', model: await loadModelFile(found, runtime, options) }
  } catch (error) {
    if (error instanceof NativeLibraryError && !options.canRuntimeLoad()) throw error
    return { name, version, file, status: 'failed', error: failureText(file, error as Error) }
  }
}

async function loadModelFile(found: ModelFile, runtime: Runtime, options: LoadOptions): Promise<Model> {
  if (found.problem) throw new Error(found.problem)
  const { info, source } = inspectModel(found.file)
  const { examples, execution, completeModelJson } = await readSideFiles(found)
  const gaps = examples === undefined ? NO_GAPS : options.examples.gaps(examples)
  const sessions = await openSessions(runtime, source, info, execution)
  const onWarning = (text: string): void => options.onWarning(found.name, text)
  let free = (): Promise<void> => sessions.dispose()
  try {
    const model = await createModel(sessions, {
      ...options,
      name: found.name,
      version: found.version,
      modelJson: await completeModelJson(sessions.trial.signature, onWarning),
      info,
      fileBytes: source.bytes,
      exampleGaps: gaps,
      realRows: (view) => (examples === undefined ? [] : options.examples.rows(examples, view)),
      onWarning,
    })
    // A model also holds what it loaded besides the sessions.
    free = () => model.close()
    if (examples !== undefined) await options.examples.check(examples, model.view, (request) => model.infer(request))
    await sessions.workers.serve({ isHarmless: info.harmless.isProven, isResident: model.execution.mode !== 'inline' })
    return model
  } catch (error) {
    await free()
    throw error
  }
}

function failureText(file: string, error: Error): string {
  if (!(error instanceof ModelLoadError)) return error.message
  return `${basename(file)} cannot be loaded: ${error.message}`
}
