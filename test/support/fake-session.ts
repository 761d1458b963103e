import type { Tensors } from '../../src/core/tensor.ts'
import type { Signature } from '../../src/core/signature.ts'
import type { Session } from '../../src/runtime/runtime.ts'

/** A session that has always a worker free, and computes with a function. */
export function createFakeSession(
  signature: Signature,
  run: (inputs: Tensors) => Promise<Tensors>,
  others: Partial<Session> = {},
): Session {
  return {
    signature,
    unsupportedOutputs: [],
    warnings: [],
    loadMs: 1,
    parallelism: 1,
    isFree: () => true,
    onFree: () => undefined,
    onDeath: () => undefined,
    run,
    runAll(requests, { onStart } = {}) {
      onStart?.()
      return Promise.all(requests.map(({ inputs }) => run(inputs)))
    },
    serve: async () => undefined,
    dispose: async () => undefined,
    ...others,
  }
}
