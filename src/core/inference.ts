import type { Tensors } from './tensor.ts'

/** A decoded request. The tensors' buffers belong to whoever runs it: they may be moved to another thread. */
export interface InferenceRequest {
  readonly inputs: Tensors
  /** Names of the outputs to compute; all when absent. */
  readonly outputs?: readonly string[]
  /** When it is too late to start, on the clock of `performance.now()`. */
  readonly deadline?: number
}

/** Where the time of a request went. */
export interface Timings {
  /** Accepted, waiting for the runtime. */
  readonly queueMs: number
  /** In the runtime, the way to its thread and back included. */
  readonly computeMs: number
  /** Rows in the run that computed it, those of other requests included. */
  readonly batchSize: number
}

export interface InferenceResult {
  readonly outputs: Tensors
  readonly timings: Timings
}
