import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorBody } from '../openapi/reply-schemas.ts'

// Requests that Node refuses itself. Fastify has seen only those that break off within their body.

/** The answers to requests that Node refuses, by the code of the error. Any other code gets a plain 400. */
const BROKEN_REQUESTS: Readonly<Record<string, readonly [status: number, code: string, text: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'HEADERS_TOO_LARGE', 'the headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'the request took too long to arrive'],
}

/** Answers a request that is not valid HTTP, or did not arrive in time, on the bare socket. */
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

/** Answers an `Expect` header other than `100-continue`. Such a request reaches no route. */
export function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const error = `the header "expect: ${request.headers.expect?.slice(0, 40)}" cannot be met: leave it out`
  const body = JSON.stringify({ error, code: 'EXPECTATION_FAILED', details: [] } satisfies ErrorBody)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), connection: 'close' }
  response.writeHead(417, headers).end(body)
}
