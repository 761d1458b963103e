import type { ModelFileInfo } from '../onnx/model-file.ts'
import type { ModelSource, Runtime, Session } from '../runtime/runtime.ts'
import type { ModelJson } from './files/model-json.ts'
import { MAX_INLINE_FILE_BYTES } from './tuning/execution.ts'

/** The sessions of a model, first for trying it and then for serving it. */
export interface Sessions {
  /** Computes the tries. */
  readonly trial: Session
  /** Computes in workers. The same object as `trial` if the model is tried in a worker. */
  readonly workers: Session
  /** Loads the model in the listening process. Returns `trial` if the model is tried there. */
  readonly openInline: () => Promise<Session>
  /** Frees both sessions. */
  readonly dispose: () => Promise<void>
}

/**
 * Loads a model for trying. A small file that is proven light is loaded in the listening process, unless model.json asks
 * for workers. Any other file is loaded in a worker of its own. So no worker starts only to try a light model.
 *
 * @param asked `execution` of model.json.
 * @throws ModelLoadError with the problem of the file.
 */
export async function openSessions(
  runtime: Runtime,
  source: ModelSource,
  { light }: ModelFileInfo,
  asked: ModelJson['execution'],
): Promise<Sessions> {
  const isTriedInline = light.isProven && asked !== 'workers' && source.bytes <= MAX_INLINE_FILE_BYTES
  const trial = await (isTriedInline ? runtime.loadInline(source) : runtime.load(source))
  const workers = isTriedInline ? runtime.openTried(source, trial) : trial
  return {
    trial,
    workers,
    openInline: async () => (isTriedInline ? trial : runtime.loadInline(source)),
    async dispose() {
      await Promise.all([trial.dispose(), workers.dispose()])
    },
  }
}
