import type { ModelObserver } from '../core/observer.ts'
import { hasBatchAxis } from '../core/signature.ts'
import type { Signature } from '../core/signature.ts'
import type { Session } from '../runtime/runtime.ts'
import { createBatcher } from '../scheduling/batcher.ts'
import type { Breaker } from '../scheduling/breaker.ts'
import { cutRuns } from '../scheduling/cutting.ts'
import type { Run, Scheduler, SchedulerOptions } from '../scheduling/scheduler.ts'
import { WaitingRoom } from '../scheduling/waiting-room.ts'
import { observeRuns } from './observed.ts'
import type { InlineComputing } from './tuning/execution.ts'

export interface ModelSchedulerOptions extends Omit<
  SchedulerOptions,
  'isFree' | 'parallelism' | 'room' | 'checkReady'
> {
  readonly signature: Signature
  /** Returns the most rows in one run. A request with more is cut. undefined: rows may depend on each other. */
  readonly maxRunRows: () => number | undefined
  /** The longest time of one run, in milliseconds. */
  readonly maxRunMs: number
  /** Most bytes in one answer. */
  readonly maxAnswerBytes: number
  /** Pauses the model when its runs have ended too many workers. */
  readonly breaker: Breaker
  readonly observer: ModelObserver
}

/** The sessions that compute the runs of a model. Without `inline`, workers compute all of them. */
export interface ModelSessions {
  readonly workers: Session
  readonly inline: InlineComputing | undefined
}

/**
 * Creates the scheduler of a model. It has a queue for the workers. If small runs are computed inline, they have a queue
 * of their own, so small requests never wait for large ones. One limit holds for both queues together.
 */
export function createModelScheduler(sessions: ModelSessions, options: ModelSchedulerOptions): Scheduler {
  const room = new WaitingRoom(options)
  const large = createWorkerQueue(sessions.workers, room, options)
  if (!sessions.inline) return large
  const small = createInlineQueue(sessions.inline, room, options)
  return joinQueues(small, large, sessions.inline.isSmall)
}

function createWorkerQueue(session: Session, room: WaitingRoom, options: ModelSchedulerOptions): Scheduler {
  const { breaker } = options
  session.onDeath(() => breaker.record())
  const queue = createBatcher(breaker.guard(toObservedRun(session, options)), {
    ...options,
    room,
    checkReady: () => breaker.check(),
    parallelism: session.parallelism,
    isFree: () => session.isFree(),
  })
  session.onFree(() => queue.wake())
  return queue
}

function createInlineQueue(inline: InlineComputing, room: WaitingRoom, options: ModelSchedulerOptions): Scheduler {
  return createBatcher(toObservedRun(inline.session, options), {
    ...options,
    room,
    maxBatchSize: Math.min(options.maxBatchSize, inline.maxRows),
    parallelism: 1,
    isFree: () => true,
  })
}

function joinQueues(small: Scheduler, large: Scheduler, isSmall: InlineComputing['isSmall']): Scheduler {
  return {
    submit: (request, cancellation) => (isSmall(request) ? small : large).submit(request, cancellation),
    checkRoom: () => small.checkRoom(),
    get queued() {
      return small.queued + large.queued
    },
    wake: () => large.wake(),
    async drain() {
      await Promise.all([small.drain(), large.drain()])
    },
    abandon(error) {
      small.abandon(error)
      large.abandon(error)
    },
  }
}

function toObservedRun(session: Session, options: ModelSchedulerOptions): Run {
  const { signature, observer, maxRunRows, maxRunMs: maxMs, maxAnswerBytes } = options
  const run = observeRuns(
    (requests, onStart) => session.runAll(requests, { onStart, maxMs, maxAnswerBytes }),
    hasBatchAxis(signature),
    observer,
  )
  return cutRuns(run, maxRunRows, maxAnswerBytes)
}
