import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify from 'fastify'
import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Registry } from '../../models/registry.ts'
import { predictPaths } from './openapi.ts'
import { withoutLongLists } from './page-document.ts'

const DESCRIPTION = 'Serves ONNX models over HTTP. Every model has an operation of its own, with its real features.'

/** The documentation of the server: the OpenAPI document and the page that shows it. */
export interface DocsApp {
  /** Returns the OpenAPI document as JSON. It is built again only after a model has changed. */
  readonly text: () => string
  /** Answers the requests under `/docs`. It never listens: the server injects requests into it. */
  readonly app: FastifyInstance
}

/**
 * Builds a second Fastify app that has the page of the documentation and nothing else.
 *
 * The plugins for OpenAPI document the routes of the app that they are in. They are slow to load, so the server does not
 * have them. This app repeats the server's routes without their handlers.
 *
 * @param routes The routes of the server. `schema.bodies` of each is called now.
 */
export async function buildDocsApp(
  routes: readonly RouteOptions[],
  registry: Registry,
  version: string,
): Promise<DocsApp> {
  const app = fastify({ exposeHeadRoutes: false, routerOptions: { maxParamLength: 200 } })
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'onnx-serve', description: DESCRIPTION, version } },
  })
  for (const { method, url, schema } of routes) {
    const { bodies, ...others } = schema ?? {}
    app.route({ method, url, schema: { ...bodies?.(), ...others }, handler: () => undefined })
  }
  const document = keepWhileLoaded(registry, () => {
    const { paths, ...rest } = app.swagger()
    return { ...rest, paths: { ...predictPaths(registry), ...paths } }
  })
  const pageDocument = keepWhileLoaded(registry, () => withoutLongLists(document()) as Record<string, unknown>)
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    transformSpecification: pageDocument,
    transformSpecificationClone: false,
    uiConfig: { tryItOutEnabled: true },
    // The bar at the top shows the name of another product.
    theme: { title: 'onnx-serve', css: [{ filename: 'theme.css', content: '.topbar { display: none }' }] },
  })
  await app.ready()
  return { app, text: keepWhileLoaded(registry, () => JSON.stringify(document())) }
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
