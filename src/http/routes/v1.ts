import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readinessOf } from '../../models/readiness.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { BufferPool } from '../../core/buffer-pool.ts'
import type { Model } from '../../models/model.ts'
import type { Registry } from '../../models/registry.ts'
import { v1Codec } from '../../protocols/v1/v1.ts'
import type { V1Body, V1Request } from '../../protocols/v1/v1.ts'
import { answer } from '../../serving/answer.ts'
import type { AnswerSender } from '../body/answer-sender.ts'
import { acceptAnyBody, bodyOf, csvHeaderOf, dropMalformedType } from '../body/bodies.ts'
import { decompress } from '../body/compression.ts'
import { handleErrorsBriefly } from '../errors/error-handlers.ts'
import { toExecutionParameters } from '../execution-parameters.ts'
import { acceptedTypes, bodyFormatOf, formatsOf, contentTypeOf } from '../body/formats.ts'
import type { JsonSchema } from '../openapi/json-schema.ts'
import { PING, PREDICT } from '../platform-paths.ts'
import type { Platform } from '../platform-paths.ts'
import { PROBE } from '../probe-routes.ts'
import { predictSchema } from '../openapi/protocol-schemas.ts'
import { refuseUnknownQuery } from '../query.ts'
import { contextOf } from '../request-context.ts'
import type { ContextOptions, ModelPath } from '../request-context.ts'
import { toWarningsHeader } from '../warnings-header.ts'
import { addMultiModelRoutes } from './multi-model.ts'

export interface V1Options extends ContextOptions {
  readonly buffers: BufferPool
  readonly version: string
  readonly sender: AnswerSender
  readonly bodyLimitBytes: number
  readonly isDraining: () => boolean
  readonly platform: Platform
}

const V1 = 'V1'
const SAGEMAKER = 'SageMaker and MLflow'

/** Adds V1 of TensorFlow Serving and KServe, and the routes that SageMaker, Vertex AI, Azure ML and MLflow expect. */
export function addV1Routes(app: FastifyInstance, options: V1Options): void {
  const { registry, platform } = options
  acceptAnyBody(app, options.buffers)
  handleErrorsBriefly(app)
  const predict = async (request: FastifyRequest<ModelPath>, reply: FastifyReply): Promise<FastifyReply> =>
    answerV1(request, reply, { format: bodyFormatOf(request), isScoring: true }, options)
  // TensorFlow Serving reads every body as JSON. Its examples post with the default content-type of curl.
  const predictV1 = async (request: FastifyRequest<ModelPath>, reply: FastifyReply): Promise<FastifyReply> =>
    answerV1(request, reply, { format: bodyFormatOf(request, 'json'), isScoring: false }, options)

  app.get('/v1/models', described(V1, 'The names of all models'), async () => ({
    models: [...new Set(registry.list().map(({ name }) => name))],
  }))
  app.get<ModelPath>(
    '/v1/models/:name(^[^:/]+)',
    { ...PROBE, ...described(V1, 'Whether a model is ready') },
    async ({ params }, reply) => {
      const { name, status } = registry.find(params.name)
      const ready = status === 'ready' && !options.isDraining()
      return reply.code(ready ? 200 : 503).send({ name, ready })
    },
  )
  // The expression ends the parameter at the colon. Without it, `:explain` would match as well.
  const onRequest = [dropMalformedType, refuseUnknownQuery([])]
  const anyType = { ...described(V1, 'Predicts', predictSchema), onRequest }
  app.post<ModelPath>('/v1/models/:name(^[^:/]+)::predict', anyType, predictV1)
  app.post<ModelPath>('/v1/models/:name/versions/:version(^[^:/]+)::predict', anyType, predictV1)

  for (const [path, tag] of [[PREDICT, SAGEMAKER] as const, ['/score', 'Azure ML'] as const]) {
    const schema = described(tag, 'Predicts with the default model', predictSchema)
    app.post<ModelPath>(path, { ...schema, onRequest: refuseUnknownQuery([]) }, predict)
  }
  if (platform.isMultiModel) addMultiModelRoutes(app, registry, predict)
  app.get(PING, { ...PROBE, ...described(SAGEMAKER, '200 when the server can predict') }, async (_request, reply) =>
    reply.code(readinessOf(registry, options.isDraining()).isReady ? 200 : 503).send(),
  )
  app.get('/version', described(SAGEMAKER, 'The version of the server'), async () => options.version)
  app.get('/execution-parameters', described(SAGEMAKER, "SageMaker's batches"), async () =>
    toExecutionParameters(readyModel(registry), options.bodyLimitBytes),
  )
}

function readyModel(registry: Registry): Model | undefined {
  try {
    return registry.get()
  } catch {
    return undefined
  }
}

function described(tag: string, summary: string, bodies?: () => JsonSchema): object {
  return { schema: { ...(bodies && { bodies }), tags: [tag], summary } }
}

async function answerV1(
  request: FastifyRequest<ModelPath>,
  reply: FastifyReply,
  { format, isScoring }: Pick<V1Body, 'format' | 'isScoring'>,
  options: V1Options,
): Promise<FastifyReply> {
  const types = acceptedTypes(request)
  const readBody = async (): Promise<V1Body> => ({
    bytes: await decompress(bodyOf(request), request.headers['content-encoding'], options.bodyLimitBytes),
    format,
    csvHeader: csvHeaderOf(request),
    accepts: formatsOf(types),
    isScoring,
  })
  const decode = (body: V1Body, view: ModelView): V1Request => {
    const decoded = v1Codec.decode(body, view)
    // If the client does not accept the type, the request is refused before it is computed.
    void reply.type(contentTypeOf(request, types, decoded.accept))
    const { warnings, accept } = decoded
    if (warnings && accept !== 'json') void reply.header('x-warnings', toWarningsHeader(warnings))
    return decoded
  }
  // SageMaker's batch transform splits its files at line ends, so its bodies are CSV or JSON lines. They may have more rows.
  const context = { ...contextOf(request, options), usesScoringView: isScoring && format !== 'json' }
  return options.sender.sendText(reply, await answer({ ...v1Codec, decode }, readBody, context))
}
