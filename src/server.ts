import { availableParallelism, totalmem } from 'node:os'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './process/config.ts'
import { BufferPool } from './core/buffer-pool.ts'
import { ServingError } from './core/errors.ts'
import { combineObservers } from './core/observer.ts'
import type { Observer } from './core/observer.ts'
import { Turns } from './core/turns.ts'
import { createGrpcServer } from './grpc/listener.ts'
import type { GrpcServer } from './grpc/listener.ts'
import { buildApp } from './http/app.ts'
import { progressText } from './models/load-progress.ts'
import { createRegistry } from './models/registry.ts'
import type { ModelEntry } from './models/registry.ts'
import type { ModelFile } from './models/files/repository.ts'
import { StatisticsObserver } from './models/statistics.ts'
import { checkExamples, exampleGaps, exampleRows } from './protocols/predict/check-examples.ts'
import { offerExample } from './protocols/predict/offer-example.ts'
import { mostWorkers } from './runtime/capacity.ts'
import { cpuQuota, workersFor } from './runtime/cpu-quota.ts'
import { memoryLimit, reservedBytes, workerMemoryFor } from './runtime/memory-limit.ts'
import type { Runtime } from './runtime/runtime.ts'
import { findWorkerCommand } from './runtime/worker-command.ts'
import { createWorkerPool } from './runtime/worker-pool.ts'

// Clients that ask one request after the other learn within this time that they must connect elsewhere.
const FAREWELL_MS = 100
// Whoever waits for a large model learns that it is still loaded.
const PROGRESS_MS = 10_000

export interface Server {
  readonly app: FastifyInstance
  /** Nothing where gRPC is turned off. */
  readonly grpc: GrpcServer | undefined
  /**
   * Loads every model; the server may listen before, and answers probes meanwhile.
   *
   * @throws NativeLibraryError when the runtime can load no model at all.
   */
  load(): Promise<readonly ModelEntry[]>
  /** Goes unready at once, answers what was accepted, and frees everything. */
  drain(): Promise<void>
  /** Answers what was accepted with 503, ends the workers and removes temporary files: for a process that is about to end. */
  giveUp(): Promise<void>
}

export interface ServerOptions {
  readonly config: Config
  readonly files: readonly ModelFile[]
  readonly logger: Logger
  readonly version: string
  /** The built entry of a worker process. */
  readonly workerEntry: URL
}

/** Builds the floors and joins them. */
export function createServer(options: ServerOptions): Server {
  const { config, files, logger, version } = options
  const buffers = new BufferPool()
  const size = chooseWorkers(config, logger)
  const statistics = new StatisticsObserver()
  const observer = combineObservers([statistics, logObserver(logger)])
  const runtime = createRuntime(options, { size, buffers, observer })
  const { maxRows, maxAnswerBytes, jsonNan, maxRunMs, maxQueued, maxQueuedRows } = config
  const registry = createRegistry(files, runtime, {
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
    examples: { gaps: exampleGaps, rows: exampleRows, check: checkExamples, offer: offerExample },
  })
  let isDraining = false
  let draining: Promise<void> | undefined
  const { serverName, bodyLimitBytes, requestTimeoutMs } = config
  const transport = {
    serverName,
    bodyLimitBytes,
    requestTimeoutMs,
    maxAnswerBytes,
    registry,
    buffers,
    logger,
    version,
    turns: new Turns(),
    statisticsOf: statistics.statisticsOf,
    isDraining: () => isDraining,
  }
  const app = buildApp({ ...transport, platform: config.platform })
  const grpc = config.grpcPort === 0 ? undefined : createGrpcServer(transport)

  function onSettled(entry: ModelEntry, loadMs: number): void {
    logLoaded(logger, entry, loadMs)
    grpc?.updateHealth()
  }

  return {
    app,
    grpc,
    async load() {
      const progress = setInterval(() => logger.info(progressText(registry.list())), PROGRESS_MS)
      await registry.load(onSettled).finally(() => clearInterval(progress))
      return registry.list()
    },
    drain: () => (draining ??= drain()),
    async giveUp() {
      isDraining = true
      registry.abandon(new ServingError('MODEL_NOT_READY', 'the server gives up and ends: try again'))
      await answersWritten()
      runtime.kill()
    },
  }

  async function drain(): Promise<void> {
    isDraining = true
    grpc?.updateHealth()
    // The answers to whoever asks meanwhile say that the connection ends: closing it at once would cut the next request.
    await delay(Math.max(config.shutdownDelayMs, Math.min(FAREWELL_MS, config.shutdownDeadlineMs / 2)))
    await Promise.all([app.close(), grpc?.close()])
    // Every accepted request is answered, so nobody waits for a model that still loads.
    if (registry.list().some(({ status }) => status === 'loading')) return runtime.kill()
    await registry.close()
    await runtime.close()
  }
}

/** Requests that are given up continue in this turn of the event loop. Their answers are written within the next few. */
async function answersWritten(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await nextTurn()
}

interface RuntimeParts {
  /** Worker processes for one model. */
  readonly size: number
  readonly buffers: BufferPool
  readonly observer: Required<Observer>
}

function createRuntime(
  { config, files, logger, workerEntry }: ServerOptions,
  { size, buffers, observer }: RuntimeParts,
): Runtime {
  const asked = config.maxRunMemory * 2 ** 20
  const processes = mostWorkers(files.length, size)
  const memoryBytes = asked === 0 ? workerMemoryFor(processes, totalmem(), memoryLimit()) : asked
  const { prefix, warnings } = findWorkerCommand(memoryBytes + reservedBytes())
  for (const warning of warnings) logger.warn(warning)
  return createWorkerPool({
    entry: workerEntry,
    prefix,
    memoryBytes,
    buffers,
    size,
    intraOpThreads: config.intraOpThreads,
    maxLoadMs: config.maxLoadMs,
    onDeath: observer.workerDied,
    onLost: (file, err) => logger.error({ err, file }, 'a new worker cannot load a model; the others go on with it'),
  })
}

/** Writes a line for each worker that ends. */
function logObserver(logger: Logger): Observer {
  return {
    workerDied: ({ reason, file }) => logger.error({ file }, `a worker ended: ${reason}; another takes its place`),
  }
}

/** One line explains the choice. */
function chooseWorkers({ workers: asked, intraOpThreads }: Config, logger: Logger): number {
  const [cpus, quota] = [availableParallelism(), cpuQuota()]
  const workers = asked === 0 ? Math.max(1, Math.floor(workersFor(cpus, quota) / intraOpThreads)) : asked
  const limit = quota === undefined ? 'no CPU quota' : `a quota of ${quota} CPUs`
  const each = intraOpThreads === 1 ? '' : `, with ${intraOpThreads} threads a run`
  const why = asked === 0 ? `${cpus} CPUs to run on, ${limit}` : 'as asked for'
  logger.info(
    { workers, intraOpThreads, cpus, quota },
    `computing in up to ${workers} processes a model${each}: ${why}`,
  )
  return workers
}

function logLoaded(logger: Logger, entry: ModelEntry, loadMs: number): void {
  const { name: model, version } = entry
  if (entry.status === 'failed') logger.error({ model, version }, `model failed: ${entry.error}`)
  if (entry.status !== 'ready') return
  const { maxQueued, execution } = entry.model
  const { maxBatchSize, reason } = entry.model.batching
  const batching = maxBatchSize > 1 ? `up to ${maxBatchSize} rows a run` : 'requests run singly'
  const where = execution.mode === 'inline' ? 'small runs inline' : 'computed by workers'
  const text = `model loaded; ${batching}: ${reason}; ${where}: ${execution.reason}`
  logger.info({ model, version, loadMs: Math.round(loadMs), maxBatchSize, maxQueued, execution: execution.mode }, text)
  for (const warning of entry.model.warnings) logger.warn({ model, version }, warning)
}
