import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from './errors/http-error.ts'

/**
 * An `onRequest` hook that checks every request.
 *
 * @throws HttpError 400 if the request does not have exactly one `Host` (RFC 9112, section 3.2).
 * @throws HttpError 415 if the charset of a text is not UTF-8.
 */
export function checkRequest(
  { raw, headers }: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const hosts = countHosts(raw)
  if (hosts > 1) return done(new HttpError(400, 'BAD_REQUEST', `expected one header "host", got ${hosts}`))
  if (hosts === 0 && raw.httpVersionMinor === 1) {
    return done(new HttpError(400, 'BAD_REQUEST', 'the header "host" is missing: HTTP/1.1 requires it'))
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1]
  if (charset === undefined || /^(utf-?8|us-ascii|)$/i.test(charset)) return done()
  const text = `expected text in UTF-8, got charset=${JSON.stringify(charset.slice(0, 40))}: send it in UTF-8`
  done(new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', text))
}

/** Counts raw headers, because Node keeps only the first `Host`. */
function countHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}

/**
 * Answers `Expect: 100-continue`. If the body is within the limit, the client is asked to send it. Otherwise it gets 413 at
 * once.
 */
export function answerExpectations(server: Server, bodyLimitBytes: number): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!(Number(request.headers['content-length']) > bodyLimitBytes)) response.writeContinue()
    server.emit('request', request, response)
  })
}
