/** The reasons why a request fails. Each transport maps them to its own statuses. */
export type ErrorCode =
  | 'INVALID_INPUT' // the request is wrong
  | 'MODEL_NOT_FOUND' // no such model or version
  | 'MODEL_NOT_READY' // loading, failed to load, paused, or shutting down
  | 'ANSWER_TOO_LARGE' // the answer would exceed the limit of the server
  | 'INFERENCE_FAILED' // the model could not compute these values
  | 'QUEUE_FULL' // refused before it was accepted; the client may send it again
  | 'DEADLINE_EXCEEDED' // not computed within the time that the client or the server allows
  | 'CANCELLED' // the client left before its turn
  | 'RUN_TIMEOUT' // the run took longer than it may
  | 'RUNTIME_FAILED' // the worker ended, and the request is not the cause

/** One wrong element: its path in the request, and a text that says what was expected and what came. */
export interface ErrorDetail {
  readonly path: string
  readonly message: string
}

/** The one error that clients may see. Anything else that is thrown is a bug in the server. */
export class ServingError extends Error {
  readonly code: ErrorCode
  readonly details: readonly ErrorDetail[]
  /** Seconds after which the client should try again, if that is known. */
  readonly retryAfterS: number | undefined

  constructor(code: ErrorCode, message: string, details: readonly ErrorDetail[] = [], retryAfterS?: number) {
    super(message)
    this.name = 'ServingError'
    this.code = code
    this.details = details
    this.retryAfterS = retryAfterS
  }
}
