import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { addObservation, roundMs } from '../serving/request-line.ts'
import { observeRequest } from './observed-request.ts'

// The status of nginx for a client that left before its answer.
const CLIENT_CLOSED_REQUEST = 499

/** Observes every request of the app, and logs one line for each. */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest('observation')
  app.addHook('onRequest', (request, reply, done) => {
    logRequest(request, reply)
    done()
  })
}

/** Observes a request. Logs one line when the answer is sent or the client has left. */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  observeRequest(request, reply, (isAnswered) => {
    const status = isAnswered ? reply.statusCode : CLIENT_CLOSED_REQUEST
    // Probes come every few seconds, so they are logged at a lower level unless they fail. A request with an invalid path has
    // no config.
    const isProbe = request.routeOptions.config?.isProbe === true
    const level = isProbe && status < 400 ? 'debug' : 'info'
    const log = request.log as Logger
    if (log.isLevelEnabled(level)) log[level](toLine(request, reply, status), 'request')
  })
}

/** Makes the log line. It never holds a part of a body. */
function toLine(request: FastifyRequest, reply: FastifyReply, status: number): object {
  const { id, method, observation } = request
  // The pattern of the route is logged, because a path or a query may hold private values.
  const route = request.routeOptions.url ?? 'unknown'
  const line = { reqId: id, method, route, status, durationMs: roundMs(reply.elapsedTime) }
  return addObservation(line, observation)
}
