import type { Task } from '../core/model-view.ts'
import type { Signature, TensorSpec } from '../core/signature.ts'

/** Recognises what a model's outputs mean by their types, since every exporter names them differently. */
export function toTask({ outputs }: Signature): Task {
  const [first, second] = outputs
  const label = outputs.find(isLabel)
  const probabilities = outputs.find(isProbabilities)
  if (outputs.length === 2 && label && probabilities) {
    return { kind: 'classifier', label: label.name, probabilities: probabilities.name, scores: 'probabilities' }
  }
  if (first && !second && isColumn(first)) return { kind: 'regressor', value: first.name }
  return { kind: 'outputs' }
}

function isLabel({ dataType, shape }: TensorSpec): boolean {
  return (dataType === 'int64' || dataType === 'string') && shape.length === 1
}

function isProbabilities({ dataType, shape }: TensorSpec): boolean {
  return isFloat(dataType) && shape.length === 2
}

function isColumn({ dataType, shape }: TensorSpec): boolean {
  return isFloat(dataType) && (shape.length === 1 || (shape.length === 2 && shape[1] === 1))
}

function isFloat(dataType: TensorSpec['dataType']): boolean {
  return dataType === 'float32' || dataType === 'float64' || dataType === 'float16'
}
