declare module 'fastify' {
  interface FastifyContextConfig {
    /** An orchestrator asks this route every few seconds. */
    isProbe?: boolean
  }
}

/** The option of every route that probes ask. All that treats probes differently reads it from the route. */
export const PROBE = { config: { isProbe: true } } as const
