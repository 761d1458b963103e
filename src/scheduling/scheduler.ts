import type { Cancellation } from '../core/cancellation.ts'
import type { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult, RunRequest, RunResult } from '../core/inference.ts'
import type { QueueLimits, WaitingRoom } from './waiting-room.ts'

/** How the scheduler sees a runtime's session: several requests, computed one after the other, and what came of each. */
export type Run = (requests: readonly RunRequest[]) => Promise<readonly RunResult[]>

/** How requests are joined. */
export interface BatchPolicy {
  /** Most rows in one run; 1 never joins. A request that alone has more is still run whole. */
  readonly maxBatchSize: number
  /** How long a run may be put off so that it fills up; 0 joins only what waits anyway. */
  readonly maxDelayMs: number
  /** Where requests are not joined: most of them that are sent to a worker together, so that the way there counts once. */
  readonly maxRunsTogether: number
}

export interface SchedulerOptions extends QueueLimits, BatchPolicy {
  /** Counts what waits, where several schedulers share their limits. */
  readonly room?: WaitingRoom
  /** Runs that make progress at once. */
  readonly parallelism: number
  /** Whether a run would start now. While all workers are busy requests wait here, where they can be dropped. */
  readonly isFree: () => boolean
  /** @throws ServingError while no request may be taken, for a reason of the model's own. */
  readonly checkReady?: () => void
  /** Called when an output of a joined run had no row for each of its members; nothing is joined from then on. */
  readonly onUnjoinable: (reason: string) => void
}

/** Decides when a request runs, and with which others. */
export interface Scheduler {
  /**
   * Accepts a request and answers it in turn.
   *
   * @param cancellation When the client has gone: a request still waiting is then never computed.
   * @throws ServingError QUEUE_FULL or MODEL_NOT_READY at once; CANCELLED or DEADLINE_EXCEEDED while it waits;
   *   what `run` throws.
   */
  submit(request: InferenceRequest, cancellation?: Cancellation): Promise<InferenceResult>
  /** Refuses in constant time what `submit` would refuse anyway. @throws ServingError as `submit` does at once. */
  checkRoom(): void
  /** Requests that wait, those being computed not counted. */
  readonly queued: number
  /** Starts what waits, as far as it can. Call it when a worker has become free. */
  wake(): void
  /** Refuses new work from now on; resolves when all accepted work is answered. */
  drain(): Promise<void>
  /** Answers everything that was accepted with an error, whatever computes: for a process that is about to end. */
  abandon(error: ServingError): void
}
