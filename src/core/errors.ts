/** What can go wrong with a request. Each transport maps these to its own statuses. */
export type ErrorCode =
  | 'INVALID_INPUT' // the request itself is at fault
  | 'MODEL_NOT_FOUND' // no such model or version
  | 'MODEL_NOT_READY' // loading, failed to load, or shutting down
  | 'INFERENCE_FAILED' // the model could not compute these values
  | 'QUEUE_FULL' // refused before it was accepted; may be sent again
  | 'DEADLINE_EXCEEDED' // not computed in the time the client gave it
  | 'CANCELLED' // the client went away before its turn
  | 'RUN_TIMEOUT' // the model computes for longer than it may
  | 'RUNTIME_FAILED' // the runtime died; not the request's fault

/** One element at fault: where it stands in the request, and what was expected and came. */
export interface ErrorDetail {
  readonly path: string
  readonly message: string
}

/** The one error that clients may see. Anything else that is thrown is a bug in the server. */
export class ServingError extends Error {
  readonly code: ErrorCode
  readonly details: readonly ErrorDetail[]

  constructor(code: ErrorCode, message: string, details: readonly ErrorDetail[] = []) {
    super(message)
    this.name = 'ServingError'
    this.code = code
    this.details = details
  }
}
