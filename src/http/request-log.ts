import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Cancellation } from '../core/cancellation.ts'
import type { Observation } from '../core/observation.ts'
import { addObservation, roundMs } from '../serving/request-line.ts'

/** What is known about a request, and how it learns that its client has left. */
interface HttpObservation extends Observation {
  /** Cancelled when the client closes its connection before the answer is out. */
  cancellation?: Cancellation
  /** The client has left already. */
  isGone?: boolean
  /** Gives back the memory of the outputs, once the answer has left. */
  release?: (() => void) | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    observation: HttpObservation
  }
}

// nginx's status for a client that left before its answer.
const CLIENT_CLOSED_REQUEST = 499

/** Observes every request of the app. */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest('observation')
  app.addHook('onRequest', (request, reply, done) => {
    observeRequest(request, reply)
    done()
  })
}

/** Gives an answer its request's id, and its request one log line when it is out or the client gone. */
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
    // Probes come every few seconds for ever. A request whose path cannot be read has no route, and so no config.
    // The pattern, not the path: its values are in `model` and `version`, and a query may hold anything.
    const route = request.routeOptions.url ?? 'unknown'
    const isProbe = request.routeOptions.config?.isProbe === true
    const level = isProbe && status < 400 ? 'debug' : 'info'
    const log = request.log as Logger
    if (log.isLevelEnabled(level)) log[level](toLine(request, reply, route, status), 'request')
  })
}

/** What is logged; never a body. */
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
