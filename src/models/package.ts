import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { parseExactly } from '../core/exact-json.ts'
import { ACTIVATIONS, OUT_OF_RANGE } from '../core/model-view.ts'

// model.json, the optional description beside a model file. Its JSON Schema is docs/model.schema.json.

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
      "What a value must be; by default what the model's input says. A date is an ISO string and reaches a column of numbers as days since 1970, a datetime as seconds (UTC).",
    ),
  unit: text.optional().describe('Unit of measurement, for people.'),
  description: text.optional().describe('What the feature means, for people.'),
  example: value
    .optional()
    .describe('A typical value; with one for every feature, the documented example is realistic.'),
  missing: value
    .optional()
    .describe(
      'What the model gets for a value that is null, or empty in CSV: "nan", or a value of the feature\'s type. "refuse" refuses it. By default NaN where examples.json or the graph shows that the model handles it; refused else. In a feature of strings "nan" is a text like any other.',
    ),
  minimum: bound.optional().describe('The smallest value that is usual; of others the answer warns.'),
  maximum: bound.optional().describe('The largest value that is usual; of others the answer warns.'),
  values: z
    .array(z.union([text, bound]))
    .min(1)
    .optional()
    .describe('The values that are usual; of others the answer warns.'),
  outOfRange: outOfRange.optional().describe('As outOfRange of the model, for this feature.'),
})

const output = z.strictObject({
  tensor: name.describe('The name of the output in the file.'),
  name: name.optional().describe('The key under which it is answered.'),
  columns: z
    .array(name)
    .min(1)
    .refine((names) => !repeated(names), 'two columns have the same name')
    .optional()
    .describe('Names of its columns, for an output of several numbers a row; it is then answered as an object.'),
})

const packageSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Where editors find this schema.'),
    description: text.optional().describe('One sentence on what the model predicts.'),
    features: z
      .array(feature)
      .min(1)
      .optional()
      .describe(
        "In the model's column order: of its one [rows, columns] input, or one feature for each [rows, 1] input.",
      ),
    labels: z
      .union([z.array(name).min(1), z.array(z.union([z.int(), z.bigint()])).min(1)])
      .optional()
      .describe(
        'The classes, in the order of the probability columns; read from the file where it tells them. Names stand for the classes of the file in their order, or for 0, 1, 2, … where the file tells none. A network with one output of floats [rows, classes] becomes a classifier by them.',
      ),
    activation: z
      .enum(ACTIVATIONS)
      .optional()
      .describe(
        'The function that makes probabilities of the numbers of a network. By default none where the graph ends in Softmax or Sigmoid, else softmax, or sigmoid for a single number.',
      ),
    threshold: z
      .union([z.number(), z.strictObject({ label: z.union([name, z.int(), z.bigint()]), atLeast: z.number() })])
      .optional()
      .describe(
        'Chooses the label of a classifier of two classes: the second one is answered where its number is at least this, else the first. As an object, the class with this label is answered where its number is at least `atLeast`, else the other one.',
      ),
    outputs: z
      .array(output)
      .min(1)
      .optional()
      .describe('The outputs that are answered, in this order; all by default.'),
    unknownFeatures: z
      .enum(['refuse', 'ignore'])
      .optional()
      .describe('What becomes of keys of a record that are no features; refused by default.'),
    misreadText: z
      .enum(['refuse', 'allow'])
      .optional()
      .describe(
        'What becomes of text that the Tokenizer of the file reads otherwise than the original model, such as words with accents; refused by default.',
      ),
    outOfRange: outOfRange
      .optional()
      .describe(
        'What becomes of a value outside of minimum, maximum or values: a warning in the answer (the default), an error, or nothing.',
      ),
    limits: z
      .strictObject({
        maxRows: z.int().min(1).optional().describe("Most rows in one request; at most the server's own limit."),
        maxRunMs: z.int().min(1).max(3_600_000).optional().describe('How long one run may take.'),
        maxQueued: z.int().min(1).optional().describe('Most requests that may wait; more are refused with 429.'),
        maxQueuedRows: z.int().min(1).optional().describe('Most rows that may wait, over all requests.'),
      })
      .optional(),
    batching: z
      .union([
        z.boolean(),
        z.strictObject({
          maxBatchSize: z.int().min(1).max(4096).optional().describe('Most rows in one run; measured by default.'),
          maxDelayMs: z.number().min(0).max(1000).optional().describe('How long a run may wait to fill up; 0.'),
          force: z.boolean().optional().describe('As true alone: joins requests without a proof.'),
        }),
      ])
      .optional()
      .describe(
        'How waiting requests are joined into one run. They are joined where the graph proves that rows do not influence each other; true joins them without that proof, for whoever knows the model, and false never joins them.',
      ),
    execution: z
      .enum(['inline', 'workers'])
      .optional()
      .describe(
        'Where small runs are computed: in the process that listens, or all in worker processes; by default inline where the graph is proven to do no harm and its runs are short.',
      ),
  })
  .refine(({ features = [] }) => !repeated(features.map((entry) => entry.name)), {
    path: ['features'],
    message: 'two features have the same name',
  })
  .refine(({ outputs = [] }) => !repeated(outputs.map(({ tensor, name: given = tensor }) => given)), {
    path: ['outputs'],
    message: 'two outputs have the same name',
  })
  .refine(({ labels = [] }) => !repeated(labels), { path: ['labels'], message: 'two labels are the same' })
  .refine(({ labels, activation }) => !activation || labels, {
    path: ['activation'],
    message: 'is for a network whose classes have names: list them in "labels"',
  })

export type ModelPackage = z.infer<typeof packageSchema>

/** The JSON Schema of model.json, for editors. */
export function packageJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(packageSchema, {
    unrepresentable: 'any',
    // Those that a double does not hold.
    override({ zodSchema, jsonSchema }) {
      if (zodSchema instanceof z.ZodBigInt) jsonSchema.type = 'integer'
    },
  })
  return { $schema, title: 'model.json of onnx-serve', ...schema }
}

/**
 * Reads a model.json.
 *
 * @throws Error that names every element at fault.
 */
export async function readPackage(file: string): Promise<ModelPackage> {
  const content: unknown = parseJson(await readText(file))
  const { data, error } = packageSchema.safeParse(content)
  if (data) return data
  const problems = error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`)
  throw new Error(`model.json: ${problems.join('; ')}`)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Error(`model.json cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error })
  }
}

function parseJson(content: string): unknown {
  try {
    return parseExactly(content)
  } catch (error) {
    throw new Error(`model.json is not valid JSON: ${(error as Error).message}`, { cause: error })
  }
}

function repeated(values: readonly (string | number | bigint)[]): boolean {
  return new Set(values).size < values.length
}
