import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Turns } from '../../core/turns.ts'
import type { Registry } from '../../models/registry.ts'
import { predictCodec } from '../../protocols/predict/predict.ts'
import type { AnswerSender } from '../body/answer-sender.ts'
import { bodyOf, csvHeaderOf, isCsv, refuseCompressed } from '../body/bodies.ts'
import { deadlineOf } from '../deadline.ts'
import { admit, decodeInTurn, infer } from '../infer.ts'
import { refuseUnknownQuery } from '../query.ts'

/** Which model a path names; without a name, the default model. */
export interface ModelPath {
  Params: { readonly name?: string; readonly version?: string }
  Querystring: { readonly top?: string | string[] }
}

export interface PredictOptions {
  readonly registry: Registry
  /** How long a request may wait for its turn. */
  readonly requestTimeoutMs: number
  readonly turns: Turns
  readonly sender: AnswerSender
}

/** The server's own protocol. `predictPaths` documents it for each model, with the features of the model. */
export function addPredictRoutes(
  app: FastifyInstance,
  { registry, requestTimeoutMs, turns, sender }: PredictOptions,
): void {
  async function predict(request: FastifyRequest<ModelPath>, reply: FastifyReply): Promise<FastifyReply> {
    const deadline = deadlineOf(request, requestTimeoutMs)
    const model = admit(request, registry)
    const top = request.query.top?.toString()
    const isTable = isCsv(request)
    const csvHeader = isTable ? csvHeaderOf(request) : undefined
    const bytes = bodyOf(request)
    const decoded = await decodeInTurn(request, model, { turns, bytes }, () =>
      predictCodec.decode({ bytes, isCsv: isTable, csvHeader, top }, model.view),
    )
    const result = await infer(request, model, decoded, deadline)
    const answer = predictCodec.encode(result, decoded, model.view)
    return sender.sendText(reply.type('application/json; charset=utf-8'), answer)
  }

  const options = { schema: { hide: true }, onRequest: [refuseUnknownQuery(['top']), refuseCompressed] }
  app.post<ModelPath>('/predict', options, predict)
  app.post<ModelPath>('/models/:name/predict', options, predict)
  app.post<ModelPath>('/models/:name/versions/:version/predict', options, predict)
}
