import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ServingError } from '../../core/errors.ts'
import type { ErrorCode, ErrorDetail } from '../../core/errors.ts'
import { unknownModelText } from '../../protocols/v2/v2-server.ts'
import { HttpError } from './http-error.ts'

/** Maps each code of the core to a status. A new code does not compile until it has a status here. */
const STATUSES: Readonly<Record<ErrorCode, number>> = {
  INVALID_INPUT: 400,
  MODEL_NOT_FOUND: 404,
  ANSWER_TOO_LARGE: 413,
  INFERENCE_FAILED: 422,
  QUEUE_FULL: 429,
  CANCELLED: 499,
  MODEL_NOT_READY: 503,
  RUN_TIMEOUT: 503,
  RUNTIME_FAILED: 503,
  DEADLINE_EXCEEDED: 504,
}

/** These errors may soon be over. Their answer has the header `Retry-After`, so that the client sends the request again. */
const RETRIED: ReadonlySet<ErrorCode> = new Set(['QUEUE_FULL', 'MODEL_NOT_READY', 'RUNTIME_FAILED'])

/** Requests that Fastify refuses before the handler of a route runs, by the code of the error. */
const TRANSPORT_ERRORS: Readonly<
  Record<string, { status: number; code: string; text: (request: FastifyRequest) => string }>
> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'BODY_TOO_LARGE',
    text: ({ routeOptions }) => `the body is larger than ${routeOptions.bodyLimit} bytes, the limit of this server`,
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    text: ({ headers }) =>
      `expected the header "content-type: application/json" or "text/csv", got ${contentType(headers)}`,
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    code: 'INVALID_INPUT',
    text: () => 'the body is not as long as its content-length says',
  },
  FST_ERR_BAD_URL: { status: 400, code: 'BAD_URL', text: () => 'the path is not a valid URL' },
  FST_ERR_MAX_PARAM_LENGTH: {
    status: 404,
    code: 'NOT_FOUND',
    text: ({ url }) =>
      url.startsWith('/v2/') ? unknownModelText('a name in the path is too long') : 'a part of the path is too long',
  },
}

/** The answer to an error, before it is written in the form of a protocol. */
export interface ErrorAnswer {
  readonly status: number
  readonly code: string
  readonly text: string
  readonly details?: readonly ErrorDetail[]
}

/** Finds the answer to an error. It logs a bug or a failure of the runtime, and sets the headers that belong to the error. */
export function toErrorAnswer(error: unknown, request: FastifyRequest, reply: FastifyReply): ErrorAnswer {
  if (error instanceof ServingError) {
    if (error.code === 'RUNTIME_FAILED')
      request.log.error({ reqId: request.id, err: error.cause ?? error }, 'the runtime failed')
    if (RETRIED.has(error.code)) void reply.header('retry-after', String(error.retryAfterS ?? 1))
    return { status: STATUSES[error.code], code: error.code, text: error.message, details: error.details }
  }
  if (error instanceof HttpError) return { status: error.status, code: error.code, text: error.message }
  const { code = '', statusCode = 500, message } = error as Partial<FastifyError>
  const known = TRANSPORT_ERRORS[code]
  if (known) return { status: known.status, code: known.code, text: known.text(request) }
  // Another error of Fastify, or a body that broke off. The text is meant for clients.
  if (statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, code: 'BAD_REQUEST', text: message ?? 'bad request' }
  }
  request.log.error({ reqId: request.id, err: error }, 'a request failed on a bug of the server')
  const text = `an internal error; look for request ${request.id} in the server's log`
  return { status: 500, code: 'INTERNAL', text }
}

function contentType(headers: FastifyRequest['headers']): string {
  const value = headers['content-type']
  return value === undefined ? 'none' : JSON.stringify(value.slice(0, 100))
}
