import { z } from 'zod'
import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType } from '../../core/datatypes.ts'
import { parseExactly, toExactJson } from '../../json/exact-json.ts'
import type { InferenceRequest, InferenceResult } from '../../core/inference.ts'
import type { ExampleGaps } from '../../core/feature.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import { predictCodec } from './predict.ts'
import { show } from '../../json/error-texts.ts'
import { fixedRowsOf } from '../tabular/row-limits.ts'
import { joinPieces } from '../text-answer.ts'

// examples.json stands beside the file of a model. It has a few rows, and the answers of the original model.
const examplesSchema = z.strictObject({
  $schema: z.string().optional(),
  tolerance: z.number().min(0).max(1).default(1e-5),
  examples: z
    .array(z.strictObject({ input: z.unknown(), prediction: z.unknown() }))
    .min(1)
    .max(100_000),
})

/**
 * Computes the examples and compares the answers. Numbers may differ by the tolerance, which is relative above 1. Labels,
 * integers and everything else must be equal.
 *
 * @param text The content of examples.json.
 * @throws Error with the first different answer: its place, the expected value and the value that came.
 */
export async function checkExamples(
  text: string,
  model: ModelView,
  infer: (request: InferenceRequest) => Promise<InferenceResult>,
): Promise<void> {
  const { tolerance, examples } = parseExamples(text)
  const fixed = fixedRowsOf(model)
  const rule = { tolerance, exactKeys: exactKeysOf(model) }
  const count = Math.min(fixed ?? model.maxRows, model.maxRows)
  for (let next = 0; next < examples.length; next += count) {
    // If the model has a fixed number of rows, some examples are computed twice.
    const from = fixed === undefined ? next : Math.max(0, Math.min(next, examples.length - count))
    const some = examples.slice(from, from + count)
    // The rows are sent as a list. An envelope would be ambiguous if a feature has its name.
    const bytes = Buffer.from(toExactJson(some.map(({ input }) => input)))
    const request = predictCodec.decode({ bytes, isCsv: false }, model)
    const answer = predictCodec.encode(await infer(request), request, model)
    const reply = parseExactly(joinPieces(answer.pieces)) as { predictions: unknown[] }
    for (const [index, { prediction }] of some.entries()) {
      const where = `examples[${from + index}].prediction`
      const problem = difference(prediction, reply.predictions[index], where, rule)
      if (problem !== undefined) throw new Error(`examples.json: ${problem}`)
    }
  }
}

/**
 * Reads the first and the last example, each as inputs of its own.
 *
 * @returns An empty list if there are fewer than two examples, or if the model has a fixed number of rows.
 * @throws Error if the text is no examples.json.
 * @throws ServingError INVALID_INPUT if a row does not fit the model.
 */
export function exampleRows(text: string, model: ModelView): Tensors[] {
  const { examples } = parseExamples(text)
  if (examples.length < 2 || fixedRowsOf(model) !== undefined) return []
  return [examples[0]!, examples.at(-1)!].map(({ input }) => {
    return predictCodec.decode({ bytes: Buffer.from(toExactJson([input])), isCsv: false }, model).inputs
  })
}

/**
 * Finds the features that are null in some example. The original model has answered this row, so it handles the gap.
 *
 * @throws Error if the text is no examples.json.
 */
export function exampleGaps(text: string): ExampleGaps {
  const names = new Set<string>()
  const positions = new Set<number>()
  for (const { input } of parseExamples(text).examples) {
    const entries = isObject(input) ? Object.entries(input) : []
    for (const [key, value] of entries) {
      if (value !== null) continue
      if (Array.isArray(input)) positions.add(Number(key))
      else names.add(key)
    }
  }
  return { names, positions }
}

function parseExamples(text: string): z.infer<typeof examplesSchema> {
  const { data, error } = examplesSchema.safeParse(parse(text))
  if (data) return data
  const problems = error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`)
  throw new Error(`examples.json: ${problems.join('; ')}`)
}

function parse(text: string): unknown {
  try {
    return parseExactly(text)
  } catch (error) {
    throw new Error(`examples.json is not valid JSON: ${(error as Error).message}`, { cause: error })
  }
}

/** Returns the keys of a prediction whose values are integers or labels. */
function exactKeysOf({ signature, outputs, task }: ModelView): ReadonlySet<string> {
  const integers = new Set(signature.outputs.flatMap(({ name, dataType }) => (isFloat(dataType) ? [] : [name])))
  const answered = outputs.filter(({ tensor }) => integers.has(tensor))
  const keys = answered.map(({ name, fileName, tensor }) => name ?? (isLabel(task, tensor) ? 'label' : fileName))
  const isNetwork = task.kind === 'classifier' && task.label === undefined
  return new Set(isNetwork ? [...keys, 'label'] : keys)
}

function isFloat(dataType: DataType): boolean {
  return DATA_TYPES[dataType].kind === 'float'
}

function isLabel(task: ModelView['task'], tensor: string): boolean {
  return 'label' in task && task.label === tensor
}

/** The rule by which two predictions are compared. */
interface Comparison {
  /** The largest difference of two numbers, relative to numbers above 1. With 0, numbers must be equal. */
  readonly tolerance: number
  /** The keys of the object whose values must be equal. */
  readonly exactKeys?: ReadonlySet<string>
}

/** @returns The first difference, with its path; undefined if the values are equal by the rule. */
function difference(expected: unknown, got: unknown, path: string, rule: Comparison): string | undefined {
  const { tolerance, exactKeys } = rule
  if (isNumber(expected) && isNumber(got) && tolerance > 0) {
    const [a, b] = [Number(expected), Number(got)]
    const isClose = Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a))
    return isClose ? undefined : `${path}: expected ${expected}, got ${got}, further off than ${tolerance}`
  }
  if (!isObject(expected) || !isObject(got) || Array.isArray(expected) !== Array.isArray(got)) {
    return expected === got ? undefined : `${path}: expected ${show(expected)}, got ${show(got)}`
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(got)])
  for (const key of keys) {
    // Only the keys of the prediction itself are names of outputs. Keys further inside may be equal to them by accident.
    const inner = { tolerance: exactKeys?.has(key) ? 0 : tolerance }
    const problem = difference(expected[key], got[key], `${path}.${key}`, inner)
    if (problem !== undefined) return problem
  }
  return undefined
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
