import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'

// A client that is still sending gets this time to finish. Then it reads its answer.
const DROP_MS = 10_000
// While the server stops, the time is shorter, because the stop waits for it.
const DRAINING_DROP_MS = 500

/**
 * Lets a client read an answer that is sent before the whole body has arrived, such as a refusal of a long body.
 *
 * Most clients read the answer only after they have sent the whole body. If the server closed the connection meanwhile,
 * they would see a broken pipe instead of the answer. So the server reads the rest of the body and drops it, for a bounded
 * time. If the connection ends with this answer, the answer is sent after that.
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
        // If the connection ends with this answer, Node closes it when the answer is sent.
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

/** False for every request with `Expect`, because its client may wait for `100 Continue` before it sends a body. */
function isSendingBody({ complete, readableEnded, headers }: IncomingMessage): boolean {
  // A request that a test injects has no `complete`.
  if (complete || readableEnded || headers.expect !== undefined) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
}
