import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import Negotiator from 'negotiator'
import type { Registry } from '../../models/registry.ts'
import type { DocsApp } from '../openapi/docs-app.ts'
import { toJsonSchema } from '../openapi/json-schema.ts'
import { PROBE } from '../probe-routes.ts'
import { liveSchema } from '../openapi/reply-schemas.ts'

/** Collects the routes that are registered after this call, except hidden ones. */
export function collectRoutes(app: FastifyInstance): readonly RouteOptions[] {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD' && !route.schema?.hide) routes.push(route)
  })
  return routes
}

interface DocsOptions {
  /** The routes to document. */
  readonly routes: readonly RouteOptions[]
  readonly registry: Registry
  readonly version: string
}

/**
 * Adds the OpenAPI document, the page `/docs`, and `/`, which leads a browser to the page.
 *
 * Most servers are never asked for their documentation. So its libraries are loaded for the first request.
 */
export function addDocsRoutes(app: FastifyInstance, { routes, registry, version }: DocsOptions): void {
  let building: Promise<DocsApp> | undefined
  const docs = (): Promise<DocsApp> => {
    return (building ??= import('../openapi/docs-app.ts').then(({ buildDocsApp }) =>
      buildDocsApp(routes, registry, version),
    ))
  }
  const root = {
    tags: ['health'],
    summary: "The process answers, as KServe's SDK asks; a browser is led to /docs",
    bodies: () => ({ response: { 200: toJsonSchema(liveSchema) } }),
  }
  app.get('/', { ...PROBE, schema: root }, async (request, reply) => {
    void reply.header('vary', 'accept')
    const isPage = new Negotiator(request).mediaType(['application/json', 'text/html']) === 'text/html'
    return isPage ? reply.redirect('/docs') : { status: 'alive' }
  })
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send((await docs()).text()),
  )
  for (const url of ['/docs', '/docs/*']) {
    app.get(url, { schema: { hide: true } }, async (request, reply) => forwardTo(request, reply, (await docs()).app))
  }
}

/** Answers with the answer of another app to the same request. */
async function forwardTo({ url, headers }: FastifyRequest, reply: FastifyReply, to: FastifyInstance): Promise<unknown> {
  const answer = await to.inject({ method: 'GET', url, headers })
  if (answer.statusCode === 404) return reply.callNotFound()
  const { connection: _connection, 'content-length': _length, date: _date, ...others } = answer.headers
  return reply.code(answer.statusCode).headers(others).send(answer.rawPayload)
}
