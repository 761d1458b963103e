import { availableParallelism, totalmem } from 'node:os'
import type { Logger } from 'pino'
import type { BufferPool } from '../core/buffer-pool.ts'
import type { Observer } from '../core/observer.ts'
import { mostWorkers } from '../runtime/capacity.ts'
import { cpuQuota, workersFor } from '../runtime/cpu-quota.ts'
import { memoryLimit, reservedBytes, workerMemoryFor } from '../runtime/memory-limit.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { findWorkerCommand } from '../runtime/worker-command.ts'
import { createWorkerPool } from '../runtime/worker-pool.ts'
import type { Config } from './config.ts'

interface RuntimeParts {
  readonly config: Config
  readonly logger: Logger
  /** The built entry of a worker process. */
  readonly workerEntry: URL
  /** The number of models. */
  readonly models: number
  /** Maximum number of workers that compute one model. */
  readonly size: number
  readonly buffers: BufferPool
  readonly observer: Required<Observer>
}

/** Builds the runtime: worker processes with a limit on their memory. */
export function buildRuntime({ config, logger, workerEntry, models, size, buffers, observer }: RuntimeParts): Runtime {
  const asked = config.maxRunMemory * 2 ** 20
  const memoryBytes = asked === 0 ? workerMemoryFor(mostWorkers(models, size), totalmem(), memoryLimit()) : asked
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

/** Chooses how many workers compute one model at the same time, and logs the reason. */
export function chooseWorkers({ workers: asked, intraOpThreads }: Config, logger: Logger): number {
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
