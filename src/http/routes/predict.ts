import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Cancellation } from '../../core/cancellation.ts'
import type { Registry } from '../../models/registry.ts'
import { predictCodec } from '../../protocols/predict.ts'
import { deadlineOf } from '../deadline.ts'
import { bodyOf, refuseCompressed } from '../json-bodies.ts'

/** Which model a path names; without a name, the default model. */
export interface ModelPath {
  Params: { readonly name?: string; readonly version?: string }
}

/** The server's own protocol. Documented per model by `toOpenApi`, with its real features. */
export function addPredictRoutes(app: FastifyInstance, registry: Registry, requestTimeoutMs: number): void {
  async function predict(request: FastifyRequest<ModelPath>, reply: FastifyReply): Promise<FastifyReply> {
    const { name, version } = request.params
    const model = registry.get(name, version)
    request.inference.model = model.view
    const deadline = deadlineOf(request, requestTimeoutMs)
    model.checkRoom()
    const decoded = predictCodec.decode(bodyOf(request), model.view)
    request.inference.inputs = decoded.inputs
    // Fastify's own `request.signal` aborts as soon as a body has been read.
    request.inference.cancellation = new Cancellation()
    const result = await model.infer({ ...decoded, deadline }, request.inference.cancellation)
    request.inference.timings = result.timings
    return reply.type('application/json; charset=utf-8').send(predictCodec.encode(result, model.view))
  }

  const options = { schema: { hide: true }, onRequest: refuseCompressed }
  app.post<ModelPath>('/predict', options, predict)
  app.post<ModelPath>('/models/:name/predict', options, predict)
  app.post<ModelPath>('/models/:name/versions/:version/predict', options, predict)
}
