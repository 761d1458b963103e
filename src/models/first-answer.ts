import type { ModelView, Task } from '../core/model-view.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Session } from '../runtime/runtime.ts'
import { makeInputs } from './made-up-inputs.ts'

/** What a model's own answer tells beyond its types. */
export interface FirstAnswer {
  readonly task: Task
  readonly warnings: readonly string[]
}

/**
 * Lets a classifier answer once, for made-up values: whether its numbers are probabilities, and whether the labels in
 * model.json can be right.
 *
 * @throws Error when they cannot.
 */
export async function readFirstAnswer(session: Session, view: ModelView): Promise<FirstAnswer> {
  const { task, labels } = view
  if (task.kind !== 'classifier') return { task, warnings: [] }
  const outputs = await session.run(makeInputs(view, 1, 0)).catch(() => undefined)
  const label = outputs?.get(task.label)
  const scores = outputs?.get(task.probabilities)
  if (!label || !scores) return { task, warnings: [] }
  const values = Array.from(scores.data as Float32Array)
  const isProbability = task.probabilities.includes('prob') || sumsUpToOne(values)
  return {
    task: { ...task, scores: isProbability ? 'probabilities' : 'scores' },
    warnings: labels.length === 0 ? [] : checkLabels(label, values, labels, isProbability),
  }
}

function checkLabels(label: Tensor, values: number[], labels: ModelView['labels'], isProbability: boolean): string[] {
  const answered = typeof label.data[0] === 'bigint' ? Number(label.data[0]) : label.data[0]
  const isIndex = typeof answered === 'number' && typeof labels[0] === 'string'
  const named = isIndex ? labels[answered] : labels.find((each) => each === answered)
  if (named === undefined) {
    const rule = isIndex ? `, and names stand for the classes 0 to ${labels.length - 1}` : ''
    throw new Error(
      `model.json: the model answers the class ${JSON.stringify(answered)}, which is not among labels${rule}`,
    )
  }
  const likeliest = labels[values.indexOf(Math.max(...values))]
  if (!isProbability || likeliest === named) return []
  const warning = `it answers ${named} where ${likeliest} is the likeliest by the order of labels`
  return [`${warning}: check that labels in model.json stand in the order of the probability columns`]
}

function sumsUpToOne(values: readonly number[]): boolean {
  const sum = values.reduce((total, value) => total + value, 0)
  return Math.abs(sum - 1) < 1e-3 && values.every((value) => value >= 0 && value <= 1 + 1e-3)
}
