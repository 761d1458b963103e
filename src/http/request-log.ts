import type { FastifyInstance } from 'fastify'
import type { Timings } from '../core/inference.ts'
import type { ModelView } from '../core/model-view.ts'
import type { Tensors } from '../core/tensor.ts'

/** What a prediction adds to its request's log line, as far as it got. */
interface InferenceLog {
  model?: ModelView
  inputs?: Tensors
  timings?: Timings
}

declare module 'fastify' {
  interface FastifyRequest {
    inference: InferenceLog
  }
}

// nginx's status for a client that left before its answer.
const CLIENT_CLOSED_REQUEST = 499

/** Gives every answer its request's id and every request one log line, when it is answered or its client gone. */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest('inference')
  app.addHook('onRequest', (request, reply, done) => {
    request.inference = {}
    void reply.header('x-request-id', request.id)
    reply.raw.once('close', () => {
      const { model, inputs, timings } = request.inference
      const line = {
        method: request.method,
        // The pattern, not the path: its values are in `model` and `version`, and a query may hold anything.
        route: request.routeOptions.url ?? 'unknown',
        ...(model && { model: model.name, version: model.version }),
        ...(inputs && { rows: rowsOf(inputs) }),
        status: reply.raw.writableFinished ? reply.statusCode : CLIENT_CLOSED_REQUEST,
        durationMs: round(reply.elapsedTime),
        ...(timings && { queueMs: round(timings.queueMs), computeMs: round(timings.computeMs) }),
      }
      // Probes come every few seconds for ever.
      const isProbe = line.route.startsWith('/health') && line.status < 400
      request.log[isProbe ? 'debug' : 'info'](line, 'request')
    })
    done()
  })
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000
}

function rowsOf(inputs: Tensors): number {
  const [first] = inputs.values()
  return first?.shape[0] ?? 1
}
