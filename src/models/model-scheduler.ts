import type { ServingError } from '../core/errors.ts'
import type { InferenceRequest } from '../core/inference.ts'
import type { ModelObserver } from '../core/observer.ts'
import type { Session } from '../runtime/runtime.ts'
import { createBatcher } from '../scheduling/batcher.ts'
import type { Breaker } from '../scheduling/breaker.ts'
import { cutRuns } from '../scheduling/cutting.ts'
import type { Run, Scheduler, SchedulerOptions } from '../scheduling/scheduler.ts'
import { WaitingRoom } from '../scheduling/waiting-room.ts'
import type { InlineComputing } from './tuning/execution.ts'
import { observeRuns } from './observed.ts'
import type { ObservableRun } from './observed.ts'

export interface ModelSchedulerOptions extends Omit<SchedulerOptions, 'isFree' | 'parallelism'> {
  /** Most rows in one run; a request with more is cut. undefined where its rows may depend on each other. */
  readonly maxRunRows: () => number | undefined
  /** True if the model has a batch axis. */
  readonly hasRows: boolean
  /** How long one run may take. */
  readonly maxRunMs: number
  /** Most bytes that one answer may take. */
  readonly maxAnswerBytes: number
  /** Counts the workers that the model's runs have ended. */
  readonly breaker: Breaker
}

/**
 * The scheduler of a model: one lane to the workers and, where small runs are computed inline, one for these, so that
 * neither waits for the other. The limits of the model hold for both together.
 */
export function createModelScheduler(
  session: Session,
  inline: InlineComputing | undefined,
  observer: ModelObserver,
  options: ModelSchedulerOptions,
): Scheduler {
  const { breaker } = options
  const room = new WaitingRoom(options)
  session.onDeath(() => breaker.record())
  const workers = createBatcher(breaker.guard(toRun(session, observer, options)), {
    ...options,
    room,
    checkReady: () => breaker.check(),
    parallelism: session.parallelism,
    isFree: () => session.isFree(),
  })
  session.onFree(() => workers.wake())
  if (!inline) return workers
  const small = createBatcher(toRun(inline.session, observer, options), {
    ...options,
    room,
    maxBatchSize: Math.min(options.maxBatchSize, inline.maxRows),
    parallelism: 1,
    isFree: () => true,
  })
  return {
    submit: (request: InferenceRequest, cancellation) => {
      return (inline.isSmall(request) ? small : workers).submit(request, cancellation)
    },
    checkRoom: () => small.checkRoom(),
    get queued() {
      return small.queued + workers.queued
    },
    wake: () => workers.wake(),
    async drain() {
      await Promise.all([small.drain(), workers.drain()])
    },
    abandon: (error: ServingError) => {
      small.abandon(error)
      workers.abandon(error)
    },
  }
}

function toRun(session: Session, observer: ModelObserver, options: ModelSchedulerOptions): Run {
  const { maxRunRows, maxRunMs: maxMs, maxAnswerBytes, hasRows } = options
  const run: ObservableRun = (requests, onStart) => session.runAll(requests, { onStart, maxMs, maxAnswerBytes })
  return cutRuns(observeRuns(run, hasRows, observer), maxRunRows, maxAnswerBytes)
}
