import { DATA_TYPES } from '../../core/datatypes.ts'
import type { Task } from '../../core/task.ts'
import type { Signature, TensorSpec } from '../../core/signature.ts'

/** Recognises the meaning of the answered outputs by their types, because every exporter names them differently. */
export function toTask(outputs: readonly TensorSpec[]): Task {
  const [first, second, third] = outputs
  const label = outputs.find(isLabelSpec)
  const numbers = outputs.find((output) => output !== label && isNumbers(output))
  if (second && !third && label && numbers) {
    if (numbersPerRow(numbers) === 1) return { kind: 'outlier', label: label.name, score: numbers.name }
    return { kind: 'classifier', label: label.name, probabilities: numbers.name, scores: 'probabilities' }
  }
  if (first && !second && isNumbers(first)) return { kind: 'regressor', value: first.name }
  return { kind: 'outputs' }
}

/** True for one integer or text for each row. Some exporters write all of them into a single row. */
export function isLabelSpec({ dataType, shape }: TensorSpec): boolean {
  const isSingleRow = shape.length === 2 && shape[0] === 1 && shape[1] === -1
  return (dataType === 'int64' || dataType === 'string') && (isSingleRow || numbersPerRow({ shape }) === 1)
}

/** True for one or several floats for each row. */
function isNumbers({ dataType, shape }: TensorSpec): boolean {
  // A fixed number of elements does not grow with the rows.
  const isByRow = shape.length === 2 || (shape.length === 1 && shape[0]! <= 1)
  return DATA_TYPES[dataType].kind === 'float' && isByRow
}

function numbersPerRow({ shape }: Pick<TensorSpec, 'shape'>): number | undefined {
  if (shape.length === 1) return 1
  return shape.length === 2 ? shape[1] : undefined
}

/** Returns the number of classes that a classifier has numbers for; -1 if it is free, or if the model is no classifier. */
export function scoreCountOf({ outputs }: Signature, task: Task): number {
  if (task.kind !== 'classifier') return -1
  return outputs.find(({ name }) => name === task.probabilities)?.shape[1] ?? -1
}
