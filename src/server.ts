import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { BufferPool } from './core/buffer-pool.ts'
import { ServingError } from './core/errors.ts'
import { combineObservers } from './core/observer.ts'
import { Turns } from './core/turns.ts'
import { createGrpcServer } from './grpc/listener.ts'
import type { GrpcServer } from './grpc/listener.ts'
import { buildApp } from './http/app.ts'
import type { ModelFile } from './models/files/repository.ts'
import type { ModelEntry } from './models/model-entry.ts'
import type { Registry } from './models/registry.ts'
import { StatisticsObserver } from './models/statistics.ts'
import { buildRegistry } from './process/build-registry.ts'
import { buildRuntime, chooseWorkers } from './process/build-runtime.ts'
import type { Config } from './process/config.ts'
import { logObserver, logProgress, logSettled } from './process/event-log.ts'
import type { Runtime } from './runtime/runtime.ts'

// Within this time, a client that sends one request after the other learns that it must connect elsewhere.
const FAREWELL_MS = 100

export interface Server {
  readonly app: FastifyInstance
  /** undefined if gRPC is turned off. */
  readonly grpc: GrpcServer | undefined
  /**
   * Loads every model. The server may listen before, so that probes get an answer meanwhile.
   *
   * @throws NativeLibraryError if the runtime cannot load any model.
   */
  load(): Promise<readonly ModelEntry[]>
  /** Becomes unready at once, answers all accepted requests, and frees everything. */
  drain(): Promise<void>
  /** Answers accepted requests with 503, kills the workers and removes temporary files. The caller then ends the process. */
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

/** Builds the floors and joins them. A new observer is added to the list of `combineObservers` here. */
export function createServer(options: ServerOptions): Server {
  const { config, files, logger, workerEntry } = options
  const buffers = new BufferPool()
  const statistics = new StatisticsObserver()
  const observer = combineObservers([statistics, logObserver(logger)])
  const size = chooseWorkers(config, logger)
  const models = files.length
  const runtime = buildRuntime({ config, logger, workerEntry, models, size, buffers, observer })
  const registry = buildRegistry({ config, logger, files, runtime, size, observer })
  return new JoinedServer(options, { runtime, registry, buffers, statistics })
}

interface Floors {
  readonly runtime: Runtime
  readonly registry: Registry
  readonly buffers: BufferPool
  readonly statistics: StatisticsObserver
}

class JoinedServer implements Server {
  readonly app: FastifyInstance
  readonly grpc: GrpcServer | undefined
  readonly #config: Config
  readonly #logger: Logger
  readonly #registry: Registry
  readonly #runtime: Runtime
  #isDraining = false
  #draining: Promise<void> | undefined

  constructor({ config, logger, version }: ServerOptions, { runtime, registry, buffers, statistics }: Floors) {
    const { serverName, bodyLimitBytes, requestTimeoutMs, maxAnswerBytes } = config
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
      isDraining: () => this.#isDraining,
    }
    this.app = buildApp({ ...transport, platform: config.platform })
    this.grpc = config.grpcPort === 0 ? undefined : createGrpcServer(transport)
    this.#config = config
    this.#logger = logger
    this.#registry = registry
    this.#runtime = runtime
  }

  async load(): Promise<readonly ModelEntry[]> {
    const stopProgress = logProgress(this.#logger, this.#registry)
    const onSettled = (entry: ModelEntry, loadMs: number): void => {
      logSettled(this.#logger, entry, loadMs)
      this.grpc?.updateHealth()
    }
    await this.#registry.load(onSettled).finally(stopProgress)
    return this.#registry.list()
  }

  drain(): Promise<void> {
    return (this.#draining ??= this.#drain())
  }

  async giveUp(): Promise<void> {
    this.#isDraining = true
    this.#registry.abandon(new ServingError('MODEL_NOT_READY', 'the server gives up and ends: try again'))
    await answersWritten()
    this.#runtime.kill()
  }

  async #drain(): Promise<void> {
    const { shutdownDelayMs, shutdownDeadlineMs } = this.#config
    this.#isDraining = true
    this.grpc?.updateHealth()
    // Answers in this time say that the connection ends. To close connections at once would cut the next requests.
    await delay(Math.max(shutdownDelayMs, Math.min(FAREWELL_MS, shutdownDeadlineMs / 2)))
    await Promise.all([this.app.close(), this.grpc?.close()])
    // Every accepted request is answered, so nobody waits for a model that still loads.
    if (this.#registry.list().some(({ status }) => status === 'loading')) return this.#runtime.kill()
    await this.#registry.close()
    await this.#runtime.close()
  }
}

/** Requests that are given up continue in this turn of the event loop. Their answers are written within the next few. */
async function answersWritten(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await nextTurn()
}
