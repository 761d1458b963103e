import { onTestFinished } from 'vitest'
import { combineObservers } from '../../src/core/observer.ts'
import { createRegistry } from '../../src/models/registry.ts'
import type { RegistryOptions } from '../../src/models/registry.ts'
import { findModels } from '../../src/models/files/repository.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { checkExamples, exampleGaps, exampleRows } from '../../src/protocols/predict/check-examples.ts'
import { offerExample } from '../../src/protocols/predict/offer-example.ts'
import { createFolder } from './folders.ts'
import type { Content } from './folders.ts'
import { startPool } from './pool.ts'

const LIMITS = {
  maxQueued: 10,
  maxQueuedRows: 100,
  maxRunMs: 60_000,
  observer: combineObservers([]),
  onWarning: () => undefined,
  examples: { gaps: exampleGaps, rows: exampleRows, check: checkExamples },
  offerExample,
}

/** A registry over real files and a real runtime, not loaded yet. */
export async function openRegistry(
  files: Readonly<Record<string, Content>> | string,
  options: Partial<RegistryOptions> = {},
  runtime: Runtime = startPool(),
) {
  const found = await findModels(typeof files === 'string' ? files : createFolder(files))
  const registry = createRegistry(found, runtime, {
    defaultName: undefined,
    maxLoading: 2,
    maxRows: 100,
    maxAnswerBytes: 2 ** 20,
    jsonNan: 'null',
    ...LIMITS,
    ...options,
  })
  onTestFinished(async () => {
    await registry.close()
    await runtime.close()
  })
  return registry
}

export async function loadRegistry(...args: Parameters<typeof openRegistry>) {
  const registry = await openRegistry(...args)
  await registry.load(() => undefined)
  return registry
}
