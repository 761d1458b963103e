import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { parseExactly } from '../../json/exact-json.ts'
import { ACTIVATIONS } from '../../core/activation.ts'
import { OUT_OF_RANGE } from '../../core/feature.ts'

// model.json is an optional file beside a model file. Its JSON Schema is docs/model.schema.json.

const name = z.string().min(1).max(200)
const text = z.string().max(2000)

const value = z.union([z.number(), z.bigint(), z.boolean(), z.string()])
const bound = z.union([z.number(), z.bigint()])

const outOfRange = z.enum(OUT_OF_RANGE)

const feature = z.strictObject({
  name: name.describe('The key of this feature in a record.'),
  type: z
    .enum(['number', 'integer', 'boolean', 'string', 'date', 'datetime'])
    .optional()
    .describe(
      "The type of a value; by default that of the model's input. A date is an ISO string, and the model gets days since 1970. A datetime is an ISO string, and the model gets seconds since 1970 (UTC).",
    ),
  unit: text.optional().describe('Unit of measurement, for people.'),
  description: text.optional().describe('What the feature means, for people.'),
  example: value.optional().describe('A typical value. If every feature has one, the documented example is realistic.'),
  missing: value
    .optional()
    .describe(
      'The value that the model gets for a missing one, which is null in JSON or empty in CSV: "nan", or a value of the feature\'s type. "refuse" refuses a missing value. The default is NaN if examples.json or the graph shows that the model handles it, and else "refuse". In a string feature, "nan" is a string like any other.',
    ),
  minimum: bound.optional().describe('The smallest usual value. The answer warns of smaller ones.'),
  maximum: bound.optional().describe('The largest usual value. The answer warns of larger ones.'),
  values: z
    .array(z.union([text, bound]))
    .min(1)
    .optional()
    .describe('The usual values. The answer warns of others.'),
  outOfRange: outOfRange.optional().describe('Replaces outOfRange of the model for this feature.'),
})

const output = z.strictObject({
  tensor: name.describe('The name of the output in the file.'),
  name: name.optional().describe('The key of this output in the answer.'),
  columns: z
    .array(name)
    .min(1)
    .refine((names) => !hasRepeated(names), 'two columns have the same name')
    .optional()
    .describe(
      'Names of the columns of an output with several numbers for each row. The answer then has an object with these names.',
    ),
})

const contentSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Where editors find this schema.'),
    description: text.optional().describe('One sentence on what the model predicts.'),
    features: z
      .array(feature)
      .min(1)
      .optional()
      .describe(
        'The features, in the order of the columns of a [rows, columns] input, or one for each [rows, 1] input.',
      ),
    labels: z
      .union([z.array(name).min(1), z.array(z.union([z.int(), z.bigint()])).min(1)])
      .optional()
      .describe(
        'The classes, in the order of the columns of probabilities. By default they are read from the file. Names replace the classes of the file in their order, or 0, 1, 2, … if the file has none. A network with one output of floats [rows, classes] becomes a classifier.',
      ),
    activation: z
      .enum(ACTIVATIONS)
      .optional()
      .describe(
        'The function that turns the numbers of a network into probabilities. The default is none if the graph ends in Softmax or Sigmoid. Otherwise it is softmax, or sigmoid for a single number.',
      ),
    threshold: z
      .union([z.number(), z.strictObject({ label: z.union([name, z.int(), z.bigint()]), atLeast: z.number() })])
      .optional()
      .describe(
        'Chooses the label of a classifier of two classes. The label is the second class if its number is at least this, and else the first. An object names the class: its label is answered if its number is at least `atLeast`, and else the other one.',
      ),
    outputs: z.array(output).min(1).optional().describe('The outputs in the answer, in this order; all by default.'),
    unknownFeatures: z
      .enum(['refuse', 'ignore'])
      .optional()
      .describe('Keys of a record that are not features are refused (the default) or ignored.'),
    misreadText: z
      .enum(['refuse', 'allow'])
      .optional()
      .describe(
        'Text that the Tokenizer of the file reads differently from the original model, such as words with accents, is refused (the default) or allowed.',
      ),
    outOfRange: outOfRange
      .optional()
      .describe(
        'A value outside of minimum, maximum or values causes a warning in the answer (the default), an error, or nothing.',
      ),
    limits: z
      .strictObject({
        maxRows: z.int().min(1).optional().describe("Most rows in one request; at most the server's own limit."),
        maxRunMs: z.int().min(1).max(3_600_000).optional().describe('The longest time of one run, in milliseconds.'),
        maxQueued: z.int().min(1).optional().describe('Most requests that may wait. More are refused with 429.'),
        maxQueuedRows: z.int().min(1).optional().describe('Most rows that may wait, over all requests.'),
      })
      .optional(),
    batching: z
      .union([
        z.boolean(),
        z.strictObject({
          maxBatchSize: z.int().min(1).max(4096).optional().describe('Most rows in one run; measured by default.'),
          maxDelayMs: z
            .number()
            .min(0)
            .max(1000)
            .optional()
            .describe('The longest wait for a run to fill up, in milliseconds; 0 by default.'),
          force: z.boolean().optional().describe('true joins requests without a proof.'),
        }),
      ])
      .optional()
      .describe(
        'How waiting requests are joined into one run. By default they are joined if the graph proves that rows do not influence each other. true joins them without this proof, if you know that it holds. false never joins them.',
      ),
    execution: z
      .enum(['inline', 'workers'])
      .optional()
      .describe(
        'Small runs are computed in the listening process (inline), or all runs in worker processes. The default is inline if the graph is proven harmless and its runs are short.',
      ),
  })
  .refine(({ features = [] }) => !hasRepeated(features.map((entry) => entry.name)), {
    path: ['features'],
    message: 'two features have the same name',
  })
  .refine(({ outputs = [] }) => !hasRepeated(outputs.map(({ tensor, name: given = tensor }) => given)), {
    path: ['outputs'],
    message: 'two outputs have the same name',
  })
  .refine(({ labels = [] }) => !hasRepeated(labels), { path: ['labels'], message: 'two labels are the same' })
  .refine(({ labels, activation }) => !activation || labels, {
    path: ['activation'],
    message: 'is for a network whose classes have names: list them in "labels"',
  })

export type ModelJson = z.infer<typeof contentSchema>

/** The JSON Schema of model.json, for editors. */
export function modelJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(contentSchema, {
    unrepresentable: 'any',
    // A bigint is an integer that a double does not hold.
    override({ zodSchema, jsonSchema }) {
      if (zodSchema instanceof z.ZodBigInt) jsonSchema.type = 'integer'
    },
  })
  return { $schema, title: 'model.json of onnx-serve', ...schema }
}

/**
 * Reads a model.json.
 *
 * @throws Error that names every wrong element.
 */
export async function readModelJson(file: string): Promise<ModelJson> {
  const content: unknown = parseModelJson(await readModelJsonText(file))
  const { data, error } = contentSchema.safeParse(content)
  if (data) return data
  const problems = error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`)
  throw new Error(`model.json: ${problems.join('; ')}`)
}

async function readModelJsonText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Error(`model.json cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error })
  }
}

function parseModelJson(content: string): unknown {
  try {
    return parseExactly(content)
  } catch (error) {
    throw new Error(`model.json is not valid JSON: ${(error as Error).message}`, { cause: error })
  }
}

function hasRepeated(values: readonly (string | number | bigint)[]): boolean {
  return new Set(values).size < values.length
}
