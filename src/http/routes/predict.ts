import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { predictCodec } from '../../protocols/predict/predict.ts'
import type { PredictBody } from '../../protocols/predict/predict.ts'
import { answer } from '../../serving/answer.ts'
import type { AnswerSender } from '../body/answer-sender.ts'
import { bodyOf, csvHeaderOf, isCsv, refuseCompressed } from '../body/bodies.ts'
import { refuseUnknownQuery } from '../query.ts'
import { contextOf } from '../request-context.ts'
import type { ContextOptions, ModelPath } from '../request-context.ts'

export interface PredictOptions extends ContextOptions {
  readonly sender: AnswerSender
}

/** Adds the protocol of this server. `predictPaths` documents it for each model, with the features of the model. */
export function addPredictRoutes(app: FastifyInstance, options: PredictOptions): void {
  async function predict(request: FastifyRequest<ModelPath>, reply: FastifyReply): Promise<FastifyReply> {
    const text = await answer(predictCodec, () => toPredictBody(request), contextOf(request, options))
    return options.sender.sendText(reply.type('application/json; charset=utf-8'), text)
  }

  const hooks = { schema: { hide: true }, onRequest: [refuseUnknownQuery(['top']), refuseCompressed] }
  app.post<ModelPath>('/predict', hooks, predict)
  app.post<ModelPath>('/models/:name/predict', hooks, predict)
  app.post<ModelPath>('/models/:name/versions/:version/predict', hooks, predict)
}

function toPredictBody(request: FastifyRequest<ModelPath>): PredictBody {
  const isTable = isCsv(request)
  return {
    bytes: bodyOf(request),
    isCsv: isTable,
    csvHeader: isTable ? csvHeaderOf(request) : undefined,
    top: request.query.top?.toString(),
  }
}
