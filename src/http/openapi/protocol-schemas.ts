import { z } from 'zod'
import { V2_NAMES } from '../../protocols/v2/v2-tensors.ts'
import { toJsonSchema } from './json-schema.ts'
import type { JsonSchema } from './json-schema.ts'

// The bodies of V1 and V2, for OpenAPI only. The codecs check the bodies of requests.

const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

const tensor = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  datatype: z.enum(Object.values(V2_NAMES) as [string, ...string[]]),
  parameters: parameters.optional().describe('binary_data_size: bytes of this tensor behind the JSON.'),
  data: z.array(z.unknown()).optional().describe('Flat or nested; left out where the elements are bytes.'),
})

const inferRequest = z.object({
  id: z.string().optional().describe('Answered as it came.'),
  parameters: parameters
    .optional()
    .describe('timeout: microseconds it may wait; priority: 1 goes first; binary_data_output: all outputs as bytes.'),
  inputs: z.array(tensor),
  outputs: z
    .array(z.object({ name: z.string(), parameters: parameters.optional() }))
    .optional()
    .describe('All without it. Parameters: binary_data, and classification: how many classes to answer.'),
})

const inferReply = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  parameters: parameters.optional().describe('warnings: values that model.json does not call usual.'),
  outputs: z.array(tensor),
})

const rows = z.array(z.unknown())
const table = z.object({ columns: z.array(z.string()), data: z.array(rows), index: rows.optional() })
const more = { parameters: z.unknown().optional(), params: z.unknown().optional() }

const predictRequest = z.union([
  z.object({ instances: rows.describe('Records, or values in column order.'), ...more }),
  z.object({ inputs: z.unknown().describe('The tensor of each input, by name.'), ...more }),
  z.object({ dataframe_split: table, ...more }),
  z.object({ dataframe_records: z.array(z.record(z.string(), z.unknown())), ...more }),
])

const warnings = z.array(z.string()).optional().describe('Values that model.json does not call usual.')
const predictReply = z.union([z.object({ predictions: rows, warnings }), z.object({ outputs: z.unknown(), warnings })])

const errorSchema = z.object({ error: z.string() })

const ERRORS: Readonly<Record<number, string>> = {
  400: 'The body is at fault; the text names the element.',
  404: 'There is no such model.',
  413: 'The body, compressed or not, or the answer that it asks for is larger than the server takes.',
  422: 'The model cannot compute these values.',
  429: 'Too many requests are waiting: try again after `Retry-After` seconds.',
  503: 'The model is loading, failed to load, or the server is shutting down.',
  504: 'The request waited for its turn longer than it or the server allows.',
}

function errorAnswer(description: string): object {
  return { description, content: { 'application/json': { schema: toJsonSchema(errorSchema) } } }
}

function failures(): object {
  return Object.fromEntries(Object.entries(ERRORS).map(([status, text]) => [status, errorAnswer(text)]))
}

/** Describes `POST …/infer`. Its body is JSON, or JSON with binary data behind it. */
export function inferSchema(): JsonSchema {
  return {
    body: {
      content: {
        'application/json': { schema: toJsonSchema(inferRequest) },
        'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
      },
    },
    response: {
      200: {
        description: 'The outputs; binary ones behind the JSON.',
        content: {
          'application/json': { schema: toJsonSchema(inferReply) },
          'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
        },
      },
      ...failures(),
    },
  }
}

/** Describes the bodies and answers of V1 and of the platforms. */
export function predictSchema(): JsonSchema {
  return {
    body: {
      content: {
        'application/json': { schema: toJsonSchema(predictRequest) },
        'text/csv': { schema: { type: 'string' } },
        'application/jsonlines': { schema: { type: 'string' } },
      },
    },
    response: {
      200: {
        description: 'One prediction a row, or the outputs by name.',
        content: {
          'application/json': { schema: toJsonSchema(predictReply) },
          'text/csv': { schema: { type: 'string' } },
          'application/jsonlines': { schema: { type: 'string' } },
        },
      },
      ...failures(),
      406: errorAnswer('No type that the client accepts can be written.'),
      415: errorAnswer('The body is of another type.'),
    },
  }
}

/** Describes a route that the server knows and does not implement. */
export function notImplementedSchema(): JsonSchema {
  return {
    response: { 501: errorAnswer('Models are read when the server starts.') },
  }
}
