import { activate } from '../../core/activation.ts'
import type { InferenceResult } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Label, Task } from '../../core/task.ts'
import type { Threshold } from '../../core/threshold.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { chooseClass } from '../../core/threshold.ts'
import type { Model } from '../model.ts'
import type { ModelJson } from '../files/model-json.ts'

/**
 * Joins a task with the threshold in model.json.
 *
 * @param labels Of the classes, in the order of their numbers; empty when unknown.
 * @throws Error when the model is no classifier of two known classes, or has no class of that label.
 */
export function withThreshold(task: Task, labels: readonly Label[], asked: ModelJson['threshold']): Task {
  if (asked === undefined) return task
  if (task.kind !== 'classifier') {
    throw new Error('model.json: threshold is for a classifier that answers a number for each of two classes')
  }
  if (labels.length !== 2) {
    const found = labels.length === 0 ? 'its classes are not known: list both in "labels"' : `it has ${labels.length}`
    throw new Error(`model.json: threshold is for a classifier of two classes, and ${found}`)
  }
  return { ...task, threshold: toThreshold(asked, labels) }
}

function toThreshold(asked: NonNullable<ModelJson['threshold']>, labels: readonly Label[]): Threshold {
  if (typeof asked === 'number') return { index: 1, atLeast: asked }
  const index = labels.findIndex((label) => String(label) === String(asked.label))
  if (index === 0 || index === 1) return { index, atLeast: asked.atLeast }
  throw new Error(`model.json: threshold names the class ${asked.label}, but the classes are ${labels.join(' and ')}`)
}

/**
 * Has the output of a model that tells the class tell the one that the threshold chooses. Networks have no such output:
 * the label of their answers is chosen where these are written.
 *
 * @returns `infer` itself where there is nothing to do.
 */
export function choosingLabels(infer: Model['infer'], { task, labelIndex }: ModelView): Model['infer'] {
  if (task.kind !== 'classifier' || !task.threshold || task.label === undefined) return infer
  const { label, probabilities } = task
  const values = Array.from(labelIndex, ([value]) => value)
  const relabel = ({ outputs, ...rest }: InferenceResult, isKept: boolean): InferenceResult => {
    const changed = new Map(outputs).set(label, chooseLabels(outputs, task, values))
    if (!isKept) changed.delete(probabilities)
    return { ...rest, outputs: changed }
  }
  return async (request, cancellation) => {
    const { outputs } = request
    if (outputs && !outputs.includes(label)) return infer(request, cancellation)
    const isKept = !outputs || outputs.includes(probabilities)
    const asked = isKept ? request : { ...request, outputs: [...outputs, probabilities] }
    return relabel(await infer(asked, cancellation), isKept)
  }
}

/** @param values Of the label's output, for the two classes, as text. */
function chooseLabels(
  outputs: Tensors,
  { label, probabilities, activation, threshold }: Extract<Task, { kind: 'classifier' }>,
  values: readonly string[],
): Tensor {
  const own = outputs.get(label!)!
  const raw = outputs.get(probabilities)!
  const scores = activation ? activate(raw, activation.name, 2) : raw
  const chosen = Array.from(own.data as ArrayLike<string | bigint>, (value, row) => {
    const index = chooseClass(scores, row, threshold!)
    return index === undefined ? value : values[index]!
  })
  const data = own.dataType === 'string' ? chosen.map(String) : BigInt64Array.from(chosen, BigInt)
  return { ...own, data }
}
