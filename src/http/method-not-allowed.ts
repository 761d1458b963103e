import type { FastifyInstance, HTTPMethods } from 'fastify'
import { HttpError } from './errors/http-error.ts'

/** Registers routes, and a 405 with `Allow` for every other method on their paths. */
export function withMethodsRefused(app: FastifyInstance, addRoutes: (scope: FastifyInstance) => void): void {
  app.register(async (scope) => {
    const allowed = new Map<string, Set<HTTPMethods>>()
    scope.addHook('onRoute', ({ url, method }) => {
      const methods = allowed.get(url) ?? new Set()
      for (const each of [method].flat()) methods.add(each)
      allowed.set(url, methods)
    })
    addRoutes(scope)
    for (const [url, methods] of Array.from(allowed)) refuseOthers(scope, url, [...methods])
  })
}

function refuseOthers(app: FastifyInstance, url: string, methods: readonly HTTPMethods[]): void {
  const allow = methods.join(', ')
  app.route({
    url,
    method: app.supportedMethods.filter((method) => !methods.includes(method)),
    schema: { hide: true },
    // The hook runs before the body is read, because the answer does not depend on it.
    onRequest: async (request, reply) => {
      void reply.header('allow', allow)
      throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${request.method} is not allowed here: use ${allow}`)
    },
    handler: () => undefined,
  })
}
