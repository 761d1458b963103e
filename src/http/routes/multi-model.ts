import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ModelEntry } from '../../models/model-entry.ts'
import type { Registry } from '../../models/registry.ts'
import { notAtRunTime } from '../../protocols/v2/v2-server.ts'
import { bodyOf } from '../body/bodies.ts'
import { HttpError } from '../errors/http-error.ts'
import type { JsonSchema } from '../openapi/json-schema.ts'
import { notImplementedSchema, predictSchema } from '../openapi/protocol-schemas.ts'
import type { ModelPath } from '../request-context.ts'

// A longer body has more than a name and an address, so it is not parsed.
const MAX_NAME_BYTES = 2 ** 13
const TAGS = ['SageMaker multi-model']

/**
 * Adds the routes that SageMaker needs for a container with several models. They replace `GET /models` and
 * `GET /models/{name}` of this server.
 * Loaded models can be listed and called. Models are read only at the start, so none can be loaded or unloaded later.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
 */
export function addMultiModelRoutes(
  app: FastifyInstance,
  registry: Registry,
  predict: (request: FastifyRequest<ModelPath>, reply: FastifyReply) => Promise<FastifyReply>,
): void {
  app.get('/models', schema('The models that are loaded'), async () => ({
    models: registry
      .list()
      .filter(({ status }) => status === 'ready')
      .map(toModel),
  }))
  const load = {
    ...schema('Not supported: models are read at the start', notImplementedSchema),
    bodyLimit: MAX_NAME_BYTES,
  }
  app.post('/models', load, async (request) => {
    const name = readModelName(bodyOf(request))
    if (registry.list().some((entry) => entry.name === name)) throw notLoadedAgain(registry.find(name))
    throw new HttpError(501, 'NOT_IMPLEMENTED', notAtRunTime('load'))
  })
  app.get<ModelPath>('/models/:name', schema('A model that is loaded'), async ({ params }) => {
    const entry = registry.find(params.name)
    // For a failed or a loading model this throws 503 with the reason.
    if (!('model' in entry)) registry.get(params.name)
    return toModel(entry)
  })
  app.delete<ModelPath>(
    '/models/:name',
    schema('Not supported: models are read at the start', notImplementedSchema),
    async ({ params }) => {
      registry.find(params.name)
      throw new HttpError(501, 'NOT_IMPLEMENTED', notAtRunTime('unload'))
    },
  )
  app.post<ModelPath>('/models/:name/invoke', schema('Predicts', predictSchema), predict)
}

/** The refusal to load a model again. It depends on the state of the model. */
function notLoadedAgain(entry: ModelEntry): HttpError {
  const name = JSON.stringify(entry.name)
  if (entry.status === 'loading') return new HttpError(503, 'MODEL_NOT_READY', `model ${name} is still loading`)
  if (entry.status !== 'failed') return new HttpError(409, 'MODEL_LOADED', `model ${name} is loaded already`)
  return new HttpError(501, 'NOT_IMPLEMENTED', `model ${name}: ${entry.error}; ${notAtRunTime('load')}`)
}

function toModel({ name, file }: ModelEntry): object {
  return { modelName: name, modelUrl: file }
}

function readModelName(body: Buffer): string {
  try {
    const { model_name: name } = JSON.parse(body.toString()) as { model_name?: unknown }
    if (typeof name === 'string') return name
  } catch {
    // The error below says so.
  }
  throw new HttpError(400, 'INVALID_INPUT', 'expected {"model_name": "…", "url": "…"}')
}

function schema(summary: string, bodies?: () => JsonSchema): object {
  return { schema: { ...(bodies && { bodies }), tags: TAGS, summary } }
}
