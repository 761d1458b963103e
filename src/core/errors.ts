/** What can go wrong with a request. Each transport maps these to its own statuses. */
export type ErrorCode =
  | 'INVALID_INPUT' // the request itself is at fault
  | 'MODEL_NOT_FOUND' // no such model or version
  | 'MODEL_NOT_READY' // loading, failed to load, paused, or shutting down
  | 'ANSWER_TOO_LARGE' // the answer would be longer than the server answers
  | 'INFERENCE_FAILED' // the model could not compute these values
  | 'QUEUE_FULL' // refused before it was accepted; may be sent again
  | 'DEADLINE_EXCEEDED' // not computed in the time the client gave it
  | 'CANCELLED' // the client went away before its turn
  | 'RUN_TIMEOUT' // the model computes for longer than it may
  | 'RUNTIME_FAILED' // the process that computed it ended; not the request's fault

/** One element at fault: where it stands in the request, and what was expected and came. */
export interface ErrorDetail {
  readonly path: string
  readonly message: string
}

/** The one error that clients may see. Anything else that is thrown is a bug in the server. */
export class ServingError extends Error {
  readonly code: ErrorCode
  readonly details: readonly ErrorDetail[]
  /** When it is worth while to try again, where that is known. */
  readonly retryAfterS: number | undefined

  constructor(code: ErrorCode, message: string, details: readonly ErrorDetail[] = [], retryAfterS?: number) {
    super(message)
    this.name = 'ServingError'
    this.code = code
    this.details = details
    this.retryAfterS = retryAfterS
  }
}
