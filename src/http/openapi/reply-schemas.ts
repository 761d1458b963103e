import { z } from 'zod'
import { OUT_OF_RANGE } from '../../core/feature.ts'
import { ACTIVATIONS } from '../../core/activation.ts'

// The answers of the routes, for OpenAPI and for types. Answers are not validated at run time.

export const errorSchema = z
  .object({
    error: z.string().describe('The problem and the next step.'),
    code: z.string().describe('A constant for programs, such as INVALID_INPUT.'),
    details: z
      .array(
        z.object({
          path: z.string().describe('The element at fault, such as `instances[3].sepal_width`.'),
          message: z.string().describe('The expected value and the value that came.'),
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
  shape: z.array(z.int()).describe('A free dimension is -1.'),
  freeNames: z
    .array(z.string().nullable())
    .optional()
    .describe('The names of the free dimensions in the file, by axis.'),
})

const featureValue = z.union([z.number(), z.boolean(), z.string()])

export const modelSchema = modelStatus.extend({
  description: z.string().optional(),
  error: z.string().optional().describe('The reason why the model could not be loaded.'),
  warnings: z.array(z.string()).optional().describe('Parts of the model file that cannot be served.'),
  task: z.enum(['classifier', 'outlier', 'regressor', 'outputs']).optional(),
  activation: z
    .object({ name: z.enum(ACTIVATIONS), reason: z.string() })
    .optional()
    .describe(
      'The function that turns the numbers of a network into probabilities. V2 answers the numbers of the network.',
    ),
  threshold: z
    .object({ label: z.union([z.string(), z.number()]), atLeast: z.number() })
    .optional()
    .describe(
      'The class with this label is answered if its number is at least `atLeast`. Otherwise the other class is answered.',
    ),
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
              .describe('The model gets NaN, or the value in `value`, or the request is refused.'),
            value: featureValue.optional(),
            by: z.enum(['model.json', 'examples.json', 'graph', 'default']).describe('The source of the rule.'),
            reason: z.string(),
          })
          .describe('The rule for null and for an empty cell.'),
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
    .describe('The metadata of the model file.'),
  maxRows: z.int().optional().describe('Maximum number of rows in one request.'),
  batching: z
    .object({
      maxBatchSize: z.int().describe('Maximum number of rows in one run. With 1, requests are never joined.'),
      maxDelayMs: z.number().describe('Maximum time that a run waits for more rows.'),
      maxRunsTogether: z
        .int()
        .describe('Maximum number of runs sent to a worker together, if requests are not joined.'),
      reason: z.string(),
      isIndependent: z.boolean().describe('True if the answer for a row does not depend on the other rows of its run.'),
      measured: z
        .array(z.object({ rows: z.int(), ms: z.number() }))
        .describe('The shortest of several runs, measured at load.'),
    })
    .optional()
    .describe('The way in which waiting requests are joined into one run.'),
  execution: z
    .object({ mode: z.enum(['inline', 'workers']), reason: z.string() })
    .optional()
    .describe(
      'The place where runs are computed: small runs in the server itself (inline), or all runs in worker processes.',
    ),
  maxQueued: z
    .int()
    .optional()
    .describe('Maximum number of requests that wait. Further requests are refused with 429.'),
  example: z
    .unknown()
    .optional()
    .describe(
      'A body for POST /models/{name}/predict. The model computed it when it was loaded, so it works unchanged.',
    ),
  exampleNote: z
    .string()
    .optional()
    .describe('Takes the place of an example: it describes a body, or says why no example works.'),
})

export type ModelDescription = z.infer<typeof modelSchema>

export const modelListSchema = z.object({
  default: z.string().optional().describe('The model behind POST /predict.'),
  models: z.array(modelSchema),
})
