import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Cancellation } from '../core/cancellation.ts'
import type { Timings } from '../core/inference.ts'
import type { ModelView } from '../core/model-view.ts'
import { rowsOf } from '../core/tensor.ts'
import type { Tensors } from '../core/tensor.ts'

/** What a prediction adds to its request's log line, as far as it got, and how it learns that its client has gone. */
interface InferenceLog {
  model?: ModelView
  inputs?: Tensors
  timings?: Timings
  /** Cancelled when the client closes its connection before the answer is out. */
  cancellation?: Cancellation
}

declare module 'fastify' {
  interface FastifyRequest {
    inference: InferenceLog
  }
}

// nginx's status for a client that left before its answer.
const CLIENT_CLOSED_REQUEST = 499

/** Observes every request of the app. */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest('inference')
  app.addHook('onRequest', (request, reply, done) => {
    observeRequest(request, reply)
    done()
  })
}

/** Gives an answer its request's id, and its request one log line when it is out or the client gone. */
export function observeRequest(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id)
  const inference: InferenceLog = {}
  request.inference = inference
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) inference.cancellation?.cancel()
    const status = reply.raw.writableFinished ? reply.statusCode : CLIENT_CLOSED_REQUEST
    // Probes come every few seconds for ever.
    const isProbe = status < 400 && request.routeOptions.url?.startsWith('/health')
    const level = isProbe ? 'debug' : 'info'
    const log = request.log as Logger
    if (log.isLevelEnabled(level)) log[level](toLine(request, reply, status), 'request')
  })
}

/** What is logged; never a body. */
function toLine(request: FastifyRequest, reply: FastifyReply, status: number): object {
  const { id, method, routeOptions, inference } = request
  const { model, inputs, timings } = inference
  return {
    reqId: id,
    method,
    // The pattern, not the path: its values are in `model` and `version`, and a query may hold anything.
    route: routeOptions.url ?? 'unknown',
    ...(model && { model: model.name, version: model.version }),
    ...(inputs && { rows: rowsOf(inputs) }),
    status,
    durationMs: round(reply.elapsedTime),
    ...(timings && {
      queueMs: round(timings.queueMs),
      computeMs: round(timings.computeMs),
      batchSize: timings.batchSize,
    }),
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000
}
