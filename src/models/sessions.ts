import type { ModelFileInfo } from '../onnx/model-file.ts'
import type { ModelSource, Runtime, Session } from '../runtime/runtime.ts'
import { MAX_INLINE_FILE_BYTES } from './tuning/execution.ts'
import type { ModelJson } from './files/model-json.ts'

/** A model as it is computed while it is tried, and then while it is served. */
export interface Sessions {
  /** Computes what is tried. */
  readonly trial: Session
  /** Computes in workers; the same as `trial` where that is in one. */
  readonly workers: Session
  /** Loads the model in the process that listens, or gives the trial where that is there. */
  readonly openInline: () => Promise<Session>
  /** Frees both. */
  readonly dispose: () => Promise<void>
}

/**
 * Loads a model for trying: in a worker of its own, or in the process that listens where the file is proven to do no harm
 * there. A server of such models alone starts no worker.
 *
 * @throws ModelLoadError with what is wrong with the file.
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
