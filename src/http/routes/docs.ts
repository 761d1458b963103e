import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import Negotiator from 'negotiator'
import type { Registry } from '../../models/registry.ts'
import { jsonSchema } from '../json-schema.ts'
import { predictPaths } from '../openapi.ts'
import { withoutLongLists } from '../page-document.ts'
import { liveSchema } from '../reply-schemas.ts'

const DESCRIPTION = 'Serves ONNX models over HTTP. Every model has an operation of its own, with its real features.'

/** Collects the schemas of the routes that are registered after it. */
export function collectOpenApi(app: FastifyInstance, version: string): void {
  app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'onnx-serve', description: DESCRIPTION, version } },
  })
}

/** OpenAPI and its page. The document is built anew only when a model has been loaded since. */
export function addDocsRoutes(app: FastifyInstance, registry: Registry): void {
  const document = keepWhileLoaded(registry, () => {
    const { paths, ...rest } = app.swagger()
    return { ...rest, paths: { ...predictPaths(registry), ...paths } }
  })
  const text = keepWhileLoaded(registry, () => JSON.stringify(document()))
  const pageDocument = keepWhileLoaded(registry, () => withoutLongLists(document()) as Record<string, unknown>)
  const root = {
    tags: ['health'],
    summary: "The process answers, as KServe's SDK asks; a browser is led to /docs",
    response: { 200: jsonSchema(liveSchema) },
  }
  app.get('/', { schema: root }, async (request, reply) => {
    void reply.header('vary', 'accept')
    const isPage = new Negotiator(request).mediaType(['application/json', 'text/html']) === 'text/html'
    return isPage ? reply.redirect('/docs') : { status: 'alive' }
  })
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(text()),
  )
  app.register(swaggerUi, {
    routePrefix: '/docs',
    transformSpecification: pageDocument,
    transformSpecificationClone: false,
    uiConfig: { tryItOutEnabled: true },
    // The bar on top has another product's name and nothing that is needed here.
    theme: { title: 'onnx-serve', css: [{ filename: 'theme.css', content: '.topbar { display: none }' }] },
  })
}

/** Builds something from the models anew only when another one has been loaded. Models never change otherwise. */
function keepWhileLoaded<T>(registry: Registry, build: () => T): () => T {
  let last: { readonly loading: number; readonly value: T } | undefined
  return () => {
    const loading = registry.list().filter(({ status }) => status === 'loading').length
    if (last?.loading !== loading) last = { loading, value: build() }
    return last.value
  }
}
