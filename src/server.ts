import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { buildApp } from './http/app.ts'
import { createRegistry } from './models/registry.ts'
import type { ModelEntry } from './models/registry.ts'
import type { ModelFile } from './models/repository.ts'
import { createWorkerRuntime } from './runtime/worker-runtime.ts'

export interface Server {
  readonly app: FastifyInstance
  /** Loads every model; the server may listen before, and answers probes meanwhile. */
  load(): Promise<readonly ModelEntry[]>
  /** Goes unready at once, answers what was accepted, and frees everything. */
  drain(): Promise<void>
  /** Gives up what waits: resolves when the runtime's thread has finished what it computes, and ended. */
  stopRuntime(): Promise<void>
}

export interface ServerOptions {
  readonly config: Config
  readonly files: readonly ModelFile[]
  readonly logger: Logger
  readonly version: string
  /** The built entry of the runtime's thread. */
  readonly workerEntry: URL
  /** Called when the runtime has died and nothing can be computed any more. */
  readonly onRuntimeDeath: (error: Error) => void
}

/** Builds the floors and joins them. */
export function createServer({ config, files, logger, version, workerEntry, onRuntimeDeath }: ServerOptions): Server {
  const runtime = createWorkerRuntime(workerEntry, onRuntimeDeath)
  const { bodyLimitBytes, requestTimeoutMs } = config
  const registry = createRegistry(files, runtime, { ...config, defaultName: config.defaultModel })
  let isDraining = false
  let loading = Promise.resolve()
  let draining: Promise<void> | undefined
  const app = buildApp({
    registry,
    logger,
    version,
    bodyLimitBytes,
    requestTimeoutMs,
    isDraining: () => isDraining,
  })

  return {
    app,
    async load() {
      loading = registry.load((entry, loadMs) => logLoaded(logger, entry, loadMs))
      await loading
      return registry.list()
    },
    drain: () => (draining ??= drain()),
    stopRuntime: () => runtime.close(),
  }

  async function drain(): Promise<void> {
    isDraining = true
    await delay(config.shutdownDelayMs)
    await app.close()
    await loading
    await registry.close()
    await runtime.close()
  }
}

function logLoaded(logger: Logger, entry: ModelEntry, loadMs: number): void {
  const { name: model, version } = entry
  if (entry.status === 'failed') logger.error({ model, version }, `model failed: ${entry.error}`)
  if (entry.status !== 'ready') return
  const { maxBatchSize, reason } = entry.model.batching
  const batching = maxBatchSize > 1 ? `up to ${maxBatchSize} rows a run` : 'requests run singly'
  logger.info({ model, version, loadMs: Math.round(loadMs), maxBatchSize }, `model loaded; ${batching}: ${reason}`)
  for (const warning of entry.model.warnings) logger.warn({ model, version }, warning)
}
