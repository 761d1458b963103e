import type { Logger } from 'pino'
import type { Observer } from '../core/observer.ts'
import type { ModelFile } from '../models/files/repository.ts'
import { createRegistry } from '../models/registry.ts'
import type { Registry } from '../models/registry.ts'
import { checkExamples, exampleGaps, exampleRows } from '../protocols/predict/check-examples.ts'
import { offerExample } from '../protocols/predict/offer-example.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Config } from './config.ts'

interface RegistryParts {
  readonly config: Config
  readonly logger: Logger
  readonly files: readonly ModelFile[]
  readonly runtime: Runtime
  /** Maximum number of workers that compute one model. The same number of models is loaded at the same time. */
  readonly size: number
  readonly observer: Required<Observer>
}

/** Builds the registry: it loads the models, and reads examples as `POST /predict` does. */
export function buildRegistry({ config, logger, files, runtime, size, observer }: RegistryParts): Registry {
  const { maxRows, maxAnswerBytes, jsonNan, maxRunMs, maxQueued, maxQueuedRows } = config
  return createRegistry(files, runtime, {
    maxLoading: size,
    maxRows,
    maxAnswerBytes,
    jsonNan,
    maxRunMs,
    maxQueued,
    maxQueuedRows,
    defaultName: config.defaultModel,
    observer,
    onWarning: (model, text) => logger.warn({ model }, text),
    examples: { gaps: exampleGaps, rows: exampleRows, check: checkExamples },
    offerExample,
  })
}
