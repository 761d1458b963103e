import type { FastifyInstance } from 'fastify'
import { readinessOf } from '../../models/readiness.ts'
import type { Registry } from '../../models/registry.ts'
import { toJsonSchema } from '../openapi/json-schema.ts'
import type { JsonSchema } from '../openapi/json-schema.ts'
import { PROBE } from '../probe-routes.ts'
import { healthSchema, liveSchema } from '../openapi/reply-schemas.ts'
import type { Health } from '../openapi/reply-schemas.ts'

/** Adds the probes. @param isDraining Returns true once the server has been asked to stop. */
export function addHealthRoutes(app: FastifyInstance, registry: Registry, isDraining: () => boolean): void {
  for (const [url, summary] of [
    ['/health', 'Whether the server can predict, and the state of every model'],
    ['/health/ready', 'For readiness probes: 200 exactly when /health is'],
  ] as const) {
    app.get(url, { ...PROBE, schema: { tags: ['health'], summary, bodies: healthBodies } }, async (_request, reply) => {
      const health = toHealth(registry, isDraining())
      return reply.code(health.model_loaded ? 200 : 503).send(health)
    })
  }

  const live = {
    tags: ['health'],
    summary: 'For liveness probes: the process answers',
    bodies: () => ({ response: { 200: toJsonSchema(liveSchema) } }),
  }
  app.get('/health/live', { ...PROBE, schema: live }, async () => ({ status: 'alive' }))
}

function healthBodies(): JsonSchema {
  return { response: { 200: toJsonSchema(healthSchema), 503: toJsonSchema(healthSchema) } }
}

function toHealth(registry: Registry, isDraining: boolean): Health {
  const { status, isReady } = readinessOf(registry, isDraining)
  return {
    status,
    model_loaded: isReady,
    models: registry.list().map((entry) => ({ name: entry.name, version: entry.version, status: entry.status })),
  }
}
