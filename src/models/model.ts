import type { Cancellation } from '../core/cancellation.ts'
import type { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import type { ModelView } from '../core/model-view.ts'
import type { OfferedExample } from '../core/offered-example.ts'
import type { ModelFileInfo } from '../onnx/model-file.ts'
import type { Batching } from './tuning/batching.ts'
import type { Execution } from './tuning/execution.ts'

/** A model that is being served. */
export interface Model {
  readonly view: ModelView
  readonly example: OfferedExample
  /** Problems that do not stop the model, for people who deploy it. */
  readonly warnings: readonly string[]
  readonly info: ModelFileInfo
  /** The rules by which its requests are joined. They may change while the model is served. */
  readonly batching: Batching
  readonly execution: Execution
  /** Most requests that may wait, and most rows of all of them together. */
  readonly maxQueued: number
  readonly maxQueuedRows: number
  /** The view for bodies of batch transform. They may have more rows, if rows are independent. */
  readonly scoringView: ModelView
  /** Requests that wait now, without those that are being computed. */
  readonly queued: number
  /** True while requests that need a worker are refused, because earlier requests keep ending workers. */
  readonly isPaused: boolean
  /**
   * Refuses a request before its body is decoded, if `infer` would refuse every request. Takes constant time. `infer` may
   * still refuse the request, because of its rows, or because it needs a worker and the model is paused.
   *
   * @throws ServingError QUEUE_FULL or MODEL_NOT_READY.
   */
  checkRoom(): void
  /**
   * Computes a request when the scheduler of the model starts it. The inputs must not change until the promise settles. If
   * it is rejected, a run may still read them, so the caller must not reuse their memory.
   *
   * @throws ServingError as `Scheduler.submit`.
   */
  infer(request: InferenceRequest, cancellation?: Cancellation): Promise<InferenceResult>
  /** Answers all accepted requests with an error, because the process is about to end. */
  abandon(error: ServingError): void
  /** Answers all accepted requests, then frees the sessions. */
  close(): Promise<void>
}
