import type { QueueLimits } from '../../scheduling/waiting-room.ts'
import { chooseMaxQueued } from './batching.ts'
import type { Batching } from './batching.ts'
import type { ModelSchedulerOptions } from '../model-scheduler.ts'
import type { ModelJson } from '../files/model-json.ts'

type Limits = QueueLimits & Pick<ModelSchedulerOptions, 'maxRunMs'>

/** The limits of a model: its own where model.json has them, else those of the server; measured where that leaves it open. */
export function toLimits(server: Limits, own: ModelJson['limits'], batching: Batching, parallelism: number): Limits {
  const maxQueued = own?.maxQueued ?? server.maxQueued
  return {
    maxQueued: maxQueued === 0 ? chooseMaxQueued(batching, parallelism) : maxQueued,
    maxQueuedRows: own?.maxQueuedRows ?? server.maxQueuedRows,
    maxRunMs: own?.maxRunMs ?? server.maxRunMs,
  }
}
