import { status } from '@grpc/grpc-js'
import type { StatusObject } from '@grpc/grpc-js'
import { ServingError } from '../core/errors.ts'
import type { ErrorCode } from '../core/errors.ts'

/** Maps each code of the core to a status. A new code does not compile until it has a status here. */
const STATUSES: Readonly<Record<ErrorCode, status>> = {
  INVALID_INPUT: status.INVALID_ARGUMENT,
  MODEL_NOT_FOUND: status.NOT_FOUND,
  // gRPC uses the same status for a message that is too large.
  ANSWER_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  INFERENCE_FAILED: status.INVALID_ARGUMENT,
  QUEUE_FULL: status.RESOURCE_EXHAUSTED,
  CANCELLED: status.CANCELLED,
  MODEL_NOT_READY: status.UNAVAILABLE,
  RUN_TIMEOUT: status.UNAVAILABLE,
  RUNTIME_FAILED: status.UNAVAILABLE,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
}

/** An error of this transport, with the status of its answer. */
export class GrpcError extends Error {
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.code = code
  }
}

/** Converts an error to a status. @param onBug Called with an error that is no fault of the client. */
export function toStatus(
  error: unknown,
  requestId: string,
  onBug: (error: unknown, text: string) => void,
): Pick<StatusObject, 'code' | 'details'> {
  if (error instanceof GrpcError) return { code: error.code, details: bounded(error.message) }
  if (error instanceof ServingError) {
    if (error.code === 'RUNTIME_FAILED') onBug(error.cause ?? error, 'the runtime failed')
    return { code: STATUSES[error.code], details: bounded(error.message) }
  }
  onBug(error, 'a request failed on a bug of the server')
  return { code: status.INTERNAL, details: `an internal error; look for request ${requestId} in the server's log` }
}

// The text is sent as a percent-encoded header. Clients and proxies refuse long headers, and then lose the code as well.
const MAX_STATUS_BYTES = 1000

/** Cuts a text to the length that a status may have. */
function bounded(text: string): string {
  if (encodedLength(text) <= MAX_STATUS_BYTES) return text.toWellFormed()
  let shown = ''
  let bytes = encodedLength('…')
  for (const character of text) {
    bytes += encodedLength(character)
    if (bytes > MAX_STATUS_BYTES) break
    shown += character
  }
  return `${shown.toWellFormed()}…`
}

function encodedLength(text: string): number {
  return encodeURI(text.toWellFormed()).length
}
