import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import Negotiator from 'negotiator'
import type { Registry } from '../../models/registry.ts'
import type { DocsApp } from '../openapi/docs-app.ts'
import { jsonSchema } from '../openapi/json-schema.ts'
import { PROBE } from '../probe-routes.ts'
import { liveSchema } from '../openapi/reply-schemas.ts'

/** The routes that are registered after this, but for hidden ones. */
export function collectRoutes(app: FastifyInstance): readonly RouteOptions[] {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD' && !route.schema?.hide) routes.push(route)
  })
  return routes
}

interface DocsOptions {
  /** What is documented. */
  readonly routes: readonly RouteOptions[]
  readonly registry: Registry
  readonly version: string
}

/** OpenAPI and its page. What makes them is loaded when somebody asks first, since most servers are never asked. */
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
    bodies: () => ({ response: { 200: jsonSchema(liveSchema) } }),
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
    app.get(url, { schema: { hide: true } }, async (request, reply) => passOn(request, reply, (await docs()).app))
  }
}

/** Answers as another app does. */
async function passOn({ url, headers }: FastifyRequest, reply: FastifyReply, to: FastifyInstance): Promise<unknown> {
  const answer = await to.inject({ method: 'GET', url, headers })
  if (answer.statusCode === 404) return reply.callNotFound()
  const { connection: _connection, 'content-length': _length, date: _date, ...others } = answer.headers
  return reply.code(answer.statusCode).headers(others).send(answer.rawPayload)
}
