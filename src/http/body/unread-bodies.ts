import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'

// A client that is still sending has this long to finish, so that it comes to reading its answer.
const DROP_MS = 10_000
// It holds up the stop of the server.
const DRAINING_DROP_MS = 500

/**
 * Lets a client read an answer that is given while it still sends its body, such as a refusal for its length. Most clients
 * send all of a body before they read, and a connection that is closed meanwhile shows them a broken pipe instead of the
 * answer. So the rest of the body is read and dropped, for a bounded time. On a connection that ends with this answer, the
 * answer waits for that.
 */
export function dropUnreadBodies(app: FastifyInstance, isDraining: () => boolean): void {
  app.addHook('onSend', ({ raw }, reply, _payload, done) => {
    if (!isSendingBody(raw)) return done()
    const isLast = !reply.raw.shouldKeepAlive || isDraining()
    if (!isLast) void reply.removeHeader('connection')
    let isSent = false
    const send = (): void => {
      if (!isSent) done()
      isSent = true
    }
    const timer = setTimeout(
      () => {
        send()
        // Node closes a last connection itself once the answer is out.
        if (!isLast) raw.destroy()
      },
      isDraining() ? DRAINING_DROP_MS : DROP_MS,
    ).unref()
    const end = (): void => {
      clearTimeout(timer)
      send()
    }
    raw.once('end', end).once('close', end).resume()
    if (!isLast) send()
  })
}

/** A client that waits for `100 Continue` sends nothing more. */
function isSendingBody({ complete, readableEnded, headers }: IncomingMessage): boolean {
  // An injected request of a test has no `complete`.
  if (complete || readableEnded || headers.expect !== undefined) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
}
