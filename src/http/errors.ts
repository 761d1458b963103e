import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ServingError } from '../core/errors.ts'
import type { ErrorCode, ErrorDetail } from '../core/errors.ts'
import { asUnknownText } from '../protocols/v2/v2-server.ts'
import type { ErrorBody } from './openapi/reply-schemas.ts'

/** Every code of the core has its status; a new one does not compile until it is answered here. */
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

/** Whoever gets one of these may try again soon. */
const RETRIED: ReadonlySet<ErrorCode> = new Set(['QUEUE_FULL', 'MODEL_NOT_READY', 'RUNTIME_FAILED'])

/** Errors that clients make before a route is reached, by the code Fastify gives them. */
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
      url.startsWith('/v2/') ? asUnknownText('a name in the path is too long') : 'a part of the path is too long',
  },
}

/** What is no HTTP request at all, by the code Node gives it; anything else is a plain 400. */
const BROKEN_REQUESTS: Readonly<Record<string, readonly [status: number, code: string, text: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'HEADERS_TOO_LARGE', 'the headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'the request took too long to arrive'],
}

/** An error of this transport, with the status that it is answered with. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Answers every error in one form; what is no client's fault is logged and told to nobody. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const [path] = request.url.split('?', 1)
    const text = `no route ${request.method} ${JSON.stringify(path?.slice(0, 100))}: GET /docs lists them`
    return sendErrorByPath(new HttpError(404, 'NOT_FOUND', text), request, reply)
  })
}

/** Answers every error with its text alone, which is all that clients of V1 and V2 read. */
export function handleErrorsBriefly(app: FastifyInstance): void {
  app.setErrorHandler(sendBriefly)
}

function sendBriefly(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, text } = answerTo(error, request, reply)
  return reply.code(status).send({ error: text })
}

/** Answers what no route has seen in the form of the protocol that its path belongs to. */
export function sendErrorByPath(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path] = request.url.split('?', 1)
  return (/^\/v[12](\/|$)/.test(path!) ? sendBriefly : sendError)(error, request, reply)
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, code, text, details = [] } = answerTo(error, request, reply)
  return reply.code(status).send({ error: text, code, details: [...details] } satisfies ErrorBody)
}

interface ErrorAnswer {
  readonly status: number
  readonly code: string
  readonly text: string
  readonly details?: readonly ErrorDetail[]
}

/** What is answered to an error, whatever the form of the body; logs what is a bug, and sets headers that belong to it. */
function answerTo(error: unknown, request: FastifyRequest, reply: FastifyReply): ErrorAnswer {
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
  // Fastify's own, such as a body that ends before it should: its texts are meant for clients.
  if (statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, code: 'BAD_REQUEST', text: message ?? 'bad request' }
  }
  request.log.error({ reqId: request.id, err: error }, 'a request failed on a bug of the server')
  const text = `an internal error; look for request ${request.id} in the server's log`
  return { status: 500, code: 'INTERNAL', text }
}

/** Answers, on the bare socket, what could not be parsed as HTTP. */
export function answerBrokenRequest(
  error: Error & { code?: string },
  socket: Socket,
  log: (line: object) => void,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const [status, code, text] = BROKEN_REQUESTS[error.code ?? ''] ?? [
    400,
    'BAD_REQUEST',
    'this is no valid HTTP request',
  ]
  log({ status, code })
  const body = JSON.stringify({ error: text, code, details: [] } satisfies ErrorBody)
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json`
  socket.end(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
}

/** Answers an `Expect` header other than `100-continue`, which no route ever sees. */
export function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const error = `the header "expect: ${request.headers.expect?.slice(0, 40)}" cannot be met: leave it out`
  const body = JSON.stringify({ error, code: 'EXPECTATION_FAILED', details: [] } satisfies ErrorBody)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), connection: 'close' }
  response.writeHead(417, headers).end(body)
}

function contentType(headers: FastifyRequest['headers']): string {
  const value = headers['content-type']
  return value === undefined ? 'none' : JSON.stringify(value.slice(0, 100))
}
