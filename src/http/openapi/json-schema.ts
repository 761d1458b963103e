import { z } from 'zod'

/** A JSON Schema of the dialect 2020-12, which OpenAPI 3.1 uses. A test validates the whole document. */
export type JsonSchema = Record<string, unknown>

declare module 'fastify' {
  interface FastifySchema {
    /** Makes the schemas of a route's body and answers. Called when a client first asks for the document. */
    readonly bodies?: () => JsonSchema
  }
}

/** Converts a schema of zod, without the member `$schema`. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}
