import { z } from 'zod'

/** JSON Schema 2020-12, which is what OpenAPI 3.1 speaks. A test holds the whole document to the standard. */
export type JsonSchema = Record<string, unknown>

declare module 'fastify' {
  interface FastifySchema {
    /** What a route takes and answers. It is made when somebody asks for the document. */
    readonly bodies?: () => JsonSchema
  }
}

export function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}
