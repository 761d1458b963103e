import { DATA_TYPES } from '../../core/datatypes.ts'
import type { Task } from '../../core/task.ts'
import type { Signature, TensorSpec } from '../../core/signature.ts'

/** Recognises what the answered outputs mean by their types, since every exporter names them differently. */
export function toTask(outputs: readonly TensorSpec[]): Task {
  const [first, second, third] = outputs
  const label = outputs.find(isLabel)
  const numbers = outputs.find((output) => output !== label && isNumbers(output))
  if (second && !third && label && numbers) {
    if (columnsOf(numbers) === 1) return { kind: 'outlier', label: label.name, score: numbers.name }
    return { kind: 'classifier', label: label.name, probabilities: numbers.name, scores: 'probabilities' }
  }
  if (first && !second && isNumbers(first)) return { kind: 'regressor', value: first.name }
  return { kind: 'outputs' }
}

/** One integer or text a row; some exporters write them into one row of as many columns. */
export function isLabel({ dataType, shape }: TensorSpec): boolean {
  const isLying = shape.length === 2 && shape[0] === 1 && shape[1] === -1
  return (dataType === 'int64' || dataType === 'string') && (isLying || columnsOf({ shape }) === 1)
}

/** One or several floats a row. */
function isNumbers({ dataType, shape }: TensorSpec): boolean {
  // A fixed number of elements is none for each row.
  const isByRow = shape.length === 2 || (shape.length === 1 && shape[0]! <= 1)
  return DATA_TYPES[dataType].kind === 'float' && isByRow
}

function columnsOf({ shape }: Pick<TensorSpec, 'shape'>): number | undefined {
  if (shape.length === 1) return 1
  return shape.length === 2 ? shape[1] : undefined
}

/** How many classes a classifier has numbers for; -1 where any number may come, or the model is none. */
export function classCount({ outputs }: Signature, task: Task): number {
  if (task.kind !== 'classifier') return -1
  return outputs.find(({ name }) => name === task.probabilities)?.shape[1] ?? -1
}
