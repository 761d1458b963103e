declare module 'fastify' {
  interface FastifyContextConfig {
    /** True for a route that orchestrators call every few seconds. */
    isProbe?: boolean
  }
}

/** The option of every probe route. Code that treats probes differently reads it from the route. */
export const PROBE = { config: { isProbe: true } } as const
