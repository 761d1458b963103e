import { z } from 'zod'

/** JSON Schema 2020-12, which is what OpenAPI 3.1 speaks. A test holds the whole document to the standard. */
export type JsonSchema = Record<string, unknown>

export function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}
