import type { Logger } from 'pino'
import type { Observer } from '../core/observer.ts'
import { progressText } from '../models/load-progress.ts'
import type { ModelEntry } from '../models/model-entry.ts'
import type { Registry } from '../models/registry.ts'

// People who wait for a large model see that it still loads.
const PROGRESS_MS = 10_000

/** The observer that writes a line for each worker that ends. */
export function logObserver(logger: Logger): Observer {
  return {
    workerDied: ({ reason, file }) => logger.error({ file }, `a worker ended: ${reason}; another takes its place`),
  }
}

/** Logs every ten seconds the models that still load. @returns A function that stops it. */
export function logProgress(logger: Logger, registry: Registry): () => void {
  const timer = setInterval(() => logger.info(progressText(registry.list())), PROGRESS_MS)
  return () => clearInterval(timer)
}

/** Logs a model when it is loaded, with its warnings, or the reason why it failed. */
export function logSettled(logger: Logger, entry: ModelEntry, loadMs: number): void {
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
