import type { ServingError } from './errors.ts'
import type { Tensors } from './tensor.ts'

/** Inputs for a model to compute. The tensors must not change until the answer is there. */
export interface RunRequest {
  readonly inputs: Tensors
  /** Names of the outputs to compute. If absent, all of them. */
  readonly outputs?: readonly string[] | undefined
}

/** The result of a request: its outputs, or the error if it could not be computed. */
export type RunResult = Tensors | ServingError

/** A decoded request. */
export interface InferenceRequest extends RunRequest {
  /** The latest time to start, on the clock of `performance.now()`. */
  readonly deadline?: number | undefined
  /** A limit in the body on the time that the request may wait. It counts from the arrival of the whole body. */
  readonly timeoutMs?: number | undefined
  /** 1 is the highest. Requests without a priority come last, in the order of their arrival. */
  readonly priority?: number | undefined
}

/** The parts of the time of a request. */
export interface Timings {
  /** From the moment when the request was accepted until its run started. */
  readonly queueMs: number
  /** From the start of the run to its end, with the way to the worker and back. */
  readonly computeMs: number
  /** Rows of the run, with those of other requests. */
  readonly batchSize: number
}

export interface InferenceResult {
  readonly outputs: Tensors
  readonly timings: Timings
  /** Gives back the memory of the outputs, if it is large. Nobody may read them afterwards. */
  readonly release?: () => void
}
