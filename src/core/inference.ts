import type { ServingError } from './errors.ts'
import type { Tensors } from './tensor.ts'

/** What a model is to compute. The tensors must not change until it has been answered. */
export interface RunRequest {
  readonly inputs: Tensors
  /** Names of the outputs to compute; all when absent. */
  readonly outputs?: readonly string[] | undefined
}

/** What came of it: the outputs, or why this one could not be computed. */
export type RunResult = Tensors | ServingError

/** A decoded request. */
export interface InferenceRequest extends RunRequest {
  /** When it is too late to start, on the clock of `performance.now()`. */
  readonly deadline?: number | undefined
  /** How long the request may wait, as its body says. It counts from the start of the request. */
  readonly timeoutMs?: number | undefined
  /** 1 goes first; requests without one go last, in the order in which they came. */
  readonly priority?: number | undefined
}

/** Where the time of a request went. */
export interface Timings {
  /** Accepted, waiting for the runtime. */
  readonly queueMs: number
  /** In the runtime, the way to its worker and back included. */
  readonly computeMs: number
  /** Rows in the run that computed it, those of other requests included. */
  readonly batchSize: number
}

export interface InferenceResult {
  readonly outputs: Tensors
  readonly timings: Timings
  /** Gives back the memory behind the outputs, where it is large. Nobody reads them afterwards. */
  readonly release?: () => void
}
