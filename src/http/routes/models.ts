import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Registry } from '../../models/registry.ts'
import { describeModel } from '../describe-model.ts'
import { toJsonSchema } from '../openapi/json-schema.ts'
import { errorSchema, modelListSchema, modelSchema } from '../openapi/reply-schemas.ts'
import type { ModelDescription } from '../openapi/reply-schemas.ts'
import type { Platform } from '../platform-paths.ts'
import type { ModelPath } from '../request-context.ts'

/** Adds routes that describe the models, with an example for each. */
export function addModelRoutes(app: FastifyInstance, registry: Registry, { isMultiModel }: Platform): void {
  const list = {
    tags: ['models'],
    summary: 'Every version of every model',
    bodies: () => ({ response: { 200: toJsonSchema(modelListSchema) } }),
  }
  // The routes of SageMaker replace `/models` and `/models/:name`, but not the route of a version.
  if (!isMultiModel)
    app.get('/models', { schema: list }, async () => ({
      ...(registry.defaultName !== undefined && { default: registry.defaultName }),
      models: registry.list().map(describeModel),
    }))

  async function describe({ params: { name, version } }: FastifyRequest<ModelPath>): Promise<ModelDescription> {
    return describeModel(registry.find(name, version))
  }
  const one = {
    tags: ['models'],
    summary: 'A model: features, labels, signature and an example body that works as it is',
    bodies: () => ({ response: { 200: toJsonSchema(modelSchema), 404: toJsonSchema(errorSchema) } }),
  }
  if (!isMultiModel) app.get<ModelPath>('/models/:name', { schema: { ...one, params: pathParams('name') } }, describe)
  const versioned = { ...one, params: pathParams('name', 'version') }
  app.get<ModelPath>('/models/:name/versions/:version', { schema: versioned }, describe)
}

function pathParams(...names: string[]): object {
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) }
}
