import type { RunRequest, RunResult } from '../core/inference.ts'
import type { Tensors } from '../core/tensor.ts'
import { importOrt } from './native-library.ts'
import { ModelLoadError } from './runtime.ts'
import type { ModelSource, Session } from './runtime.ts'
import { toInferenceError } from './deaths.ts'

/**
 * Loads a model in the calling thread. Each run blocks this thread. The native library is loaded by the first call.
 *
 * @throws ModelLoadError with the problem of the file; NativeLibraryError.
 */
export async function loadInline(source: ModelSource): Promise<Session> {
  const { loadModel, runModel } = await importOrt()
  const startedAt = performance.now()
  const model = await loadModel(source, { intraOpThreads: 1 }).catch((error: Error) => {
    throw new ModelLoadError(error.message, { cause: error })
  })
  const { signature, unsupportedOutputs } = model
  const allOutputs = signature.outputs.map(({ name }) => name)

  async function run(inputs: Tensors, outputs: readonly string[] = allOutputs): Promise<Tensors> {
    try {
      return await runModel(model, inputs, outputs)
    } catch (error) {
      throw toInferenceError((error as Error).message)
    }
  }
  async function runOne({ inputs, outputs }: RunRequest): Promise<RunResult> {
    return run(inputs, outputs).catch((error: RunResult) => error)
  }
  let disposing: Promise<void> | undefined
  return {
    signature,
    unsupportedOutputs,
    warnings: [],
    loadMs: performance.now() - startedAt,
    parallelism: 1,
    isFree: () => true,
    onFree: () => undefined,
    onDeath: () => undefined,
    run,
    runAll(requests, { onStart } = {}) {
      onStart?.()
      return Promise.all(requests.map(runOne))
    },
    serve: async () => undefined,
    dispose: () => (disposing ??= model.session.release()),
  }
}
