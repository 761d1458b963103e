import type { OfferedExample } from '../../core/offered-example.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Model } from '../../models/model.ts'
import type { Registry } from '../../models/registry.ts'
import { exampleCsv } from '../../protocols/predict/example-body.ts'
import { toJsonSchema } from './json-schema.ts'
import { replySchema, requestSchema } from './predict-schemas.ts'
import { errorSchema } from './reply-schemas.ts'

const ERRORS: Readonly<Record<number, string>> = {
  400: 'The body is at fault: missing, unknown or duplicate features, wrong types, ragged rows, malformed JSON.',
  413: 'The body, or the answer that it asks for, is larger than the server takes.',
  415: 'The body is neither application/json nor text/csv, or compressed.',
  422: 'The model cannot compute these values.',
  429: 'Too many requests are waiting: try again after `Retry-After` seconds.',
  503: 'The model is loading, failed to load, or the server is shutting down.',
  504: 'The request waited for its turn longer than `x-request-timeout-ms` or the server allows.',
}

const TOP_PARAMETER = {
  name: 'top',
  in: 'query',
  description: 'The number of classes in the answer, the likeliest first. Without it, all classes are answered.',
  schema: { type: 'integer', minimum: 1 },
}

/** Generates the `predict` operations of every model that is ready, from its features and outputs. */
export function predictPaths(registry: Registry): Record<string, unknown> {
  const paths: Record<string, unknown> = {}
  for (const entry of registry.list()) {
    if (entry.status !== 'ready') continue
    const { view } = entry.model
    const path = `/models/${encodeURIComponent(view.name)}`
    if (registry.find(view.name) === entry) {
      paths[`${path}/predict`] = { post: predictOperation(entry.model, `predict_${view.name}`) }
      if (view.name === registry.defaultName) paths['/predict'] = { post: predictOperation(entry.model, 'predict') }
    }
    const version = encodeURIComponent(view.version)
    paths[`${path}/versions/${version}/predict`] = {
      post: predictOperation(entry.model, `predict_${view.name}_version_${view.version}`),
    }
  }
  return paths
}

function predictOperation({ view, example }: Model, operationId: string): Record<string, unknown> {
  const error = { content: { 'application/json': { schema: toJsonSchema(errorSchema) } } }
  const errors = Object.entries(ERRORS).map(([status, description]) => [status, { description, ...error }])
  return {
    operationId,
    tags: [view.name],
    summary: `Predict with ${view.name}, version ${view.version}`,
    ...(view.description !== undefined && { description: view.description }),
    ...(view.task.kind === 'classifier' && { parameters: [TOP_PARAMETER] }),
    requestBody: requestBody(view, example),
    responses: {
      200: {
        description: 'One prediction for each row.',
        content: { 'application/json': { schema: replySchema(view) } },
      },
      ...Object.fromEntries(errors),
    },
  }
}

/** If a model has no example, the outline of a body takes its place. Otherwise the page would fill it with zeros. */
function requestBody(view: ModelView, example: OfferedExample): object {
  const csv = 'body' in example ? exampleCsv(view, example.body) : undefined
  return {
    required: true,
    ...('note' in example && { description: example.note }),
    content: {
      'application/json': {
        schema: requestSchema(view),
        example: 'body' in example ? example.body : example.outline,
      },
      ...(view.features.length > 0 && {
        'text/csv': { schema: { type: 'string' }, ...(csv !== undefined && { example: csv }) },
      }),
    },
  }
}
