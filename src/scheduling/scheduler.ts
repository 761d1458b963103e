import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import type { Tensors } from '../core/tensor.ts'

/** How the scheduler sees a runtime's session. */
export type Run = (inputs: Tensors, outputs?: readonly string[]) => Promise<Tensors>

/** Decides when a request runs. */
export interface Scheduler {
  /**
   * Accepts a request and answers it in turn.
   *
   * @param signal Aborted when the client has gone: a request still waiting is then never computed.
   * @throws ServingError QUEUE_FULL or MODEL_NOT_READY at once, CANCELLED later; what `run` throws.
   */
  submit(request: InferenceRequest, signal?: AbortSignal): Promise<InferenceResult>
  /** Requests that wait, those being computed not counted. */
  readonly queued: number
  /** Refuses new work from now on; resolves when all accepted work is answered. */
  drain(): Promise<void>
}
