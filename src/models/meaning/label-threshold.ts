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
 * Adds the threshold of model.json to a task.
 *
 * @param labels Labels of the classes, in the order of their numbers; empty if they are not known.
 * @throws Error if the model is no classifier of two known classes, or if it has no class with that label.
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
 * Replaces the class that the model answers by the one that the threshold chooses. A network answers no class: the codec
 * of the answer chooses its label.
 *
 * @returns `infer` itself if there is nothing to do.
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

/** @param values The two classes that the output of the label may have, as text. */
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
