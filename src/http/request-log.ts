import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Cancellation } from '../core/cancellation.ts'
import type { Observation } from '../core/observation.ts'
import { addObservation, roundMs } from '../serving/request-line.ts'

/** The observation of an HTTP request, with the signal that its client has left. */
interface HttpObservation extends Observation {
  /** Cancelled when the client closes its connection before the answer is sent. */
  cancellation?: Cancellation
  /** True if the client has already left. */
  isGone?: boolean
  /** Gives back the memory of the outputs. Called when the answer is sent. */
  release?: (() => void) | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    observation: HttpObservation
  }
}

// The status of nginx for a client that left before its answer.
const CLIENT_CLOSED_REQUEST = 499

/** Observes every request of the app. */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest('observation')
  app.addHook('onRequest', (request, reply, done) => {
    observeRequest(request, reply)
    done()
  })
}

/** Adds the request id to an answer. Logs one line when the answer is sent or the client has left. */
export function observeRequest(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id)
  const observation: HttpObservation = {}
  request.observation = observation
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) {
      observation.isGone = true
      observation.cancellation?.cancel()
    } else observation.release?.()
    const status = reply.raw.writableFinished ? reply.statusCode : CLIENT_CLOSED_REQUEST
    // Probes come every few seconds, so they are logged at a lower level. A request with an invalid path has no config.
    // The line has the pattern of the route, because a path or a query may hold private values.
    const route = request.routeOptions.url ?? 'unknown'
    const isProbe = request.routeOptions.config?.isProbe === true
    const level = isProbe && status < 400 ? 'debug' : 'info'
    const log = request.log as Logger
    if (log.isLevelEnabled(level)) log[level](toLine(request, reply, route, status), 'request')
  })
}

/** Makes the log line. It never holds a part of a body. */
function toLine(request: FastifyRequest, reply: FastifyReply, route: string, status: number): object {
  const { id, method, observation } = request
  const line = {
    reqId: id,
    method,
    route,
    status,
    durationMs: roundMs(reply.elapsedTime),
  }
  return addObservation(line, observation)
}
