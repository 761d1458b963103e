import type { QueueLimits } from '../../scheduling/waiting-room.ts'
import type { ModelJson } from '../files/model-json.ts'
import { chooseMaxQueued } from './batching.ts'
import type { Batching } from './batching.ts'

export interface Limits extends QueueLimits {
  /** The longest time of one run, in milliseconds. */
  readonly maxRunMs: number
}

/** Chooses the limits of a model: those of model.json, or else those of the server. A `maxQueued` of 0 is measured. */
export function toLimits(server: Limits, own: ModelJson['limits'], batching: Batching, parallelism: number): Limits {
  const maxQueued = own?.maxQueued ?? server.maxQueued
  return {
    maxQueued: maxQueued === 0 ? chooseMaxQueued(batching, parallelism) : maxQueued,
    maxQueuedRows: own?.maxQueuedRows ?? server.maxQueuedRows,
    maxRunMs: own?.maxRunMs ?? server.maxRunMs,
  }
}
