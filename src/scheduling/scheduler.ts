import type { Cancellation } from '../core/cancellation.ts'
import type { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult, RunRequest, RunResult } from '../core/inference.ts'
import type { QueueLimits, WaitingRoom } from './waiting-room.ts'

/** Computes several requests one after the other, and returns a result for each. The scheduler knows no more of the runtime. */
export type Run = (requests: readonly RunRequest[]) => Promise<readonly RunResult[]>

/** The rules by which requests are joined. */
export interface BatchPolicy {
  /** Most rows in one joined run; 1 never joins. A single request with more rows still runs. */
  readonly maxBatchSize: number
  /** The longest delay of a run so that it fills up, in milliseconds. 0 joins only requests that wait anyway. */
  readonly maxDelayMs: number
  /** Most requests that are sent to a worker together if they are not joined. The way to the worker then counts once. */
  readonly maxRunsTogether: number
}

export interface SchedulerOptions extends QueueLimits, BatchPolicy {
  /** Counts the requests that wait, if several schedulers share their limits. */
  readonly room?: WaitingRoom
  /** Runs that make progress at the same time. */
  readonly parallelism: number
  /** Returns true if a run would start now. While all workers are busy, requests wait here, where they can be dropped. */
  readonly isFree: () => boolean
  /** @throws ServingError while the model is paused. */
  readonly checkReady?: () => void
  /** Called if an output of a joined run does not have a row for each row of its members. Nothing is joined from then on. */
  readonly onUnjoinable: (reason: string) => void
}

/** Decides when a request runs, and with which others. */
export interface Scheduler {
  /**
   * Accepts a request and answers it in turn.
   *
   * @param cancellation Cancelled when the client leaves. A request that still waits is then never computed.
   * @throws ServingError QUEUE_FULL or MODEL_NOT_READY at once; CANCELLED or DEADLINE_EXCEEDED while it waits;
   *   what `run` throws.
   */
  submit(request: InferenceRequest, cancellation?: Cancellation): Promise<InferenceResult>
  /** Refuses what `submit` would refuse at once. It takes constant time. @throws ServingError as `submit` does at once. */
  checkRoom(): void
  /** Requests that wait now, without those that are being computed. */
  readonly queued: number
  /** Starts waiting requests if they can start. Call it when a worker becomes free. */
  wake(): void
  /** Refuses new requests from now on. Resolves when all accepted requests are answered. */
  drain(): Promise<void>
  /** Answers all accepted requests with an error, also those that are being computed. The process is about to end. */
  abandon(error: ServingError): void
}
