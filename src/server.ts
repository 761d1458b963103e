import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { buildGrpcServer } from './grpc/server.ts'
import type { GrpcServer } from './grpc/server.ts'
import { buildApp } from './http/app.ts'
import { createRegistry } from './models/registry.ts'
import type { ModelEntry } from './models/registry.ts'
import type { ModelFile } from './models/repository.ts'
import { checkExamples } from './protocols/examples.ts'
import { cpuQuota, workersFor } from './runtime/cpu-quota.ts'
import { createWorkerPool } from './runtime/worker-pool.ts'

export interface Server {
  readonly app: FastifyInstance
  /** Nothing where gRPC is turned off. */
  readonly grpc: GrpcServer | undefined
  /** Loads every model; the server may listen before, and answers probes meanwhile. */
  load(): Promise<readonly ModelEntry[]>
  /** Goes unready at once, answers what was accepted, and frees everything. */
  drain(): Promise<void>
  /** Gives up what waits: resolves when the runtime's thread has finished what it computes, and ended. */
  stopRuntime(): Promise<void>
  /** Removes temporary files at once, for a process that is about to end. */
  removeFiles(): void
}

export interface ServerOptions {
  readonly config: Config
  readonly files: readonly ModelFile[]
  readonly logger: Logger
  readonly version: string
  /** The built entry of the runtime's thread. */
  readonly workerEntry: URL
  /** Called when the runtime has died, cannot be replaced, and nothing can be computed any more. */
  readonly onRuntimeDeath: (error: Error) => void
  /** Called when a run of this model goes on for far too long. It cannot be stopped. */
  readonly onStuck: (model: string) => void
}

/** Builds the floors and joins them. */
export function createServer(options: ServerOptions): Server {
  const { config, files, logger, version, workerEntry, onRuntimeDeath, onStuck } = options
  const runtime = createWorkerPool({
    entry: workerEntry,
    size: chooseWorkers(config, logger),
    intraOpThreads: config.intraOpThreads,
    onDeath: (err) => logger.error({ err }, 'a thread of the runtime died; another takes its place'),
    onGiveUp: onRuntimeDeath,
  })
  const registry = createRegistry(files, runtime, {
    ...config,
    defaultName: config.defaultModel,
    onStuck,
    checkExamples,
  })
  let isDraining = false
  let draining: Promise<void> | undefined
  const transport = { ...config, registry, logger, version, isDraining: () => isDraining }
  const app = buildApp(transport)
  const grpc = config.grpcPort === 0 ? undefined : buildGrpcServer(transport)

  return {
    app,
    grpc,
    async load() {
      await registry.load((entry, loadMs) => {
        logLoaded(logger, entry, loadMs)
        grpc?.updateHealth()
      })
      return registry.list()
    },
    drain: () => (draining ??= drain()),
    stopRuntime: () => runtime.close(),
    removeFiles: () => runtime.removeFiles(),
  }

  async function drain(): Promise<void> {
    isDraining = true
    grpc?.updateHealth()
    await delay(config.shutdownDelayMs)
    await Promise.all([app.close(), grpc?.close()])
    await registry.close()
    await runtime.close()
  }
}

/** One line explains the choice. */
function chooseWorkers({ workers: asked, intraOpThreads }: Config, logger: Logger): number {
  const [cpus, quota] = [availableParallelism(), cpuQuota()]
  const workers = asked === 0 ? Math.max(1, Math.floor(workersFor(cpus, quota) / intraOpThreads)) : asked
  const limit = quota === undefined ? 'no CPU quota' : `a quota of ${quota} CPUs`
  const each = intraOpThreads === 1 ? '' : `, each with ${intraOpThreads} threads a run`
  const why = asked === 0 ? `${cpus} CPUs to run on, ${limit}` : 'as asked for'
  logger.info({ workers, intraOpThreads, cpus, quota }, `computing on ${workers} threads${each}: ${why}`)
  return workers
}

function logLoaded(logger: Logger, entry: ModelEntry, loadMs: number): void {
  const { name: model, version } = entry
  if (entry.status === 'failed') logger.error({ model, version }, `model failed: ${entry.error}`)
  if (entry.status !== 'ready') return
  const { maxQueued, execution } = entry.model
  const { maxBatchSize, reason } = entry.model.batching
  const batching = maxBatchSize > 1 ? `up to ${maxBatchSize} rows a run` : 'requests run singly'
  const where = execution.mode === 'inline' ? 'small runs inline' : 'computed on threads'
  const text = `model loaded; ${batching}: ${reason}; ${where}: ${execution.reason}`
  logger.info({ model, version, loadMs: Math.round(loadMs), maxBatchSize, maxQueued, execution: execution.mode }, text)
  for (const warning of entry.model.warnings) logger.warn({ model, version }, warning)
}
