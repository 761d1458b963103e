import { z } from 'zod'
import { OUT_OF_RANGE } from '../../core/feature.ts'
import { ACTIVATIONS } from '../../core/activation.ts'

// What the routes answer, for OpenAPI and for the types; nothing is validated on the way out.

export const errorSchema = z
  .object({
    error: z.string().describe('What went wrong and what to do next.'),
    code: z.string().describe('A constant for programs, such as INVALID_INPUT.'),
    details: z
      .array(
        z.object({
          path: z.string().describe('The element at fault, such as `instances[3].sepal_width`.'),
          message: z.string().describe('What was expected and what came.'),
        }),
      )
      .max(10)
      .describe('At most ten elements at fault.'),
  })
  .describe('The answer to every request that fails.')

export type ErrorBody = z.infer<typeof errorSchema>

const modelStatus = z.object({
  name: z.string(),
  version: z.string(),
  status: z.enum(['loading', 'ready', 'paused', 'failed']),
})

export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'loading', 'failed', 'draining']),
  model_loaded: z.boolean(),
  models: z.array(modelStatus),
})

export type Health = z.infer<typeof healthSchema>

export const liveSchema = z.object({ status: z.literal('alive') })

const tensorSchema = z.object({
  name: z.string(),
  dataType: z.string(),
  shape: z.array(z.int()).describe('-1 stands for a free dimension.'),
  freeNames: z.array(z.string().nullable()).optional().describe('What the file calls its free dimensions, by axis.'),
})

const featureValue = z.union([z.number(), z.boolean(), z.string()])

export const modelSchema = modelStatus.extend({
  description: z.string().optional(),
  error: z.string().optional().describe('Why it could not be loaded.'),
  warnings: z.array(z.string()).optional().describe('What of the file cannot be served.'),
  task: z.enum(['classifier', 'outlier', 'regressor', 'outputs']).optional(),
  activation: z
    .object({ name: z.enum(ACTIVATIONS), reason: z.string() })
    .optional()
    .describe('What turns the numbers of a network into those that are answered. V2 answers them as they are.'),
  threshold: z
    .object({ label: z.union([z.string(), z.number()]), atLeast: z.number() })
    .optional()
    .describe('The class with this label is answered where its number is at least `atLeast`, else the other one.'),
  features: z
    .array(
      z.object({
        name: z.string(),
        type: z.enum(['number', 'integer', 'boolean', 'string', 'date', 'datetime']),
        unit: z.string().optional(),
        description: z.string().optional(),
        example: featureValue.optional(),
        missing: z
          .object({
            rule: z
              .enum(['nan', 'value', 'refuse'])
              .describe('The model gets NaN, or the value here; or the request is refused.'),
            value: featureValue.optional(),
            by: z.enum(['model.json', 'examples.json', 'graph', 'default']).describe('What the rule follows from.'),
            reason: z.string(),
          })
          .describe('What becomes of null and of an empty cell.'),
        minimum: z.number().optional(),
        maximum: z.number().optional(),
        values: z.array(z.union([z.string(), z.number()])).optional(),
        outOfRange: z.enum(OUT_OF_RANGE).optional(),
      }),
    )
    .optional()
    .describe('In column order.'),
  labels: z.array(z.union([z.string(), z.int()])).optional(),
  signature: z.object({ inputs: z.array(tensorSchema), outputs: z.array(tensorSchema) }).optional(),
  file: z
    .object({
      producer: z.string(),
      irVersion: z.int(),
      opsets: z.record(z.string(), z.int()),
      metadata: z.record(z.string(), z.string()),
    })
    .optional()
    .describe('What the model file says of itself.'),
  maxRows: z.int().optional().describe('Most rows in one request.'),
  batching: z
    .object({
      maxBatchSize: z.int().describe('Most rows in one run; 1 never joins requests.'),
      maxDelayMs: z.number().describe('How long a run may wait to fill up.'),
      maxRunsTogether: z.int().describe('Most runs sent to a thread together, where requests are not joined.'),
      reason: z.string(),
      isIndependent: z.boolean().describe('A row is answered alike whatever other rows are in its run.'),
      measured: z
        .array(z.object({ rows: z.int(), ms: z.number() }))
        .describe('Shortest duration of several runs, at load.'),
    })
    .optional()
    .describe('How waiting requests are joined into one run.'),
  execution: z
    .object({ mode: z.enum(['inline', 'workers']), reason: z.string() })
    .optional()
    .describe('Whether small runs are computed on the thread that serves requests, or all on threads of their own.'),
  maxQueued: z.int().optional().describe('Most requests that may wait; more are refused with 429.'),
  example: z
    .unknown()
    .optional()
    .describe('A body for POST /models/{name}/predict that works as it is: the model computed it when it was loaded.'),
  exampleNote: z.string().optional().describe('Instead of an example: what a body looks like, or why none works.'),
})

export type ModelDescription = z.infer<typeof modelSchema>

export const modelListSchema = z.object({
  default: z.string().optional().describe('The model behind POST /predict.'),
  models: z.array(modelSchema),
})
