import { fromFloat16Bits } from '../core/float16.ts'
import type { ModelView } from '../core/model-view.ts'
import type { Tensor, Tensors } from '../core/tensor.ts'
import { elementCount } from '../core/tensor.ts'
import { shortestFloat32 } from './float32.ts'

// Answers are written as text: integers of 64 bits stay exact, and no object is built a row.

/** `[{"label":…,"probabilities":…}]` for classifiers, `[1.5]` for regressors, `[{"<output>":…}]` for others. */
export function toPredictionsJson(outputs: Tensors, model: ModelView): string {
  const { task } = model
  if (task.kind === 'classifier') {
    return classifierJson(outputs.get(task.label)!, outputs.get(task.probabilities)!, task.scores, model.labels)
  }
  if (task.kind === 'regressor') {
    const value = outputs.get(task.value)!
    return list(elementCount(value.shape), (row) => elementJson(value, row))
  }
  return outputsJson(outputs, model)
}

function classifierJson(label: Tensor, probabilities: Tensor, scores: string, labels: ModelView['labels']): string {
  const [rows = 0, classes = 0] = probabilities.shape
  const keys = labels.map((name) => `${JSON.stringify(String(name))}:`)
  const named = keys.length === classes
  return list(rows, (row) => {
    const values = list(classes, (column) => {
      const value = elementJson(probabilities, row * classes + column)
      return named ? keys[column] + value : value
    })
    const byClass = named ? `{${values.slice(1, -1)}}` : values
    return `{"label":${labelJson(label, row, labels)},"${scores}":${byClass}}`
  })
}

/** An integer that the model answers is an index into labels that are names, and itself where they are integers. */
function labelJson(label: Tensor, row: number, labels: ModelView['labels']): string {
  const name = label.dataType === 'string' ? undefined : labels[Number(label.data[row])]
  return typeof name === 'string' ? JSON.stringify(name) : elementJson(label, row)
}

function outputsJson(outputs: Tensors, { signature }: ModelView): string {
  const tensors = [...outputs]
  const rows = tensors[0]?.[1].shape[0]
  const batch = signature.inputs[0]?.shape[0]
  // One object a row where every output has a row for each of the batch, else one for the whole batch.
  const isByRow = signature.outputs.every(({ name, shape }) => {
    return (shape[0] ?? batch) === batch && rows !== undefined && outputs.get(name)?.shape[0] === rows
  })
  if (!isByRow) return `[${objectJson(tensors, (tensor) => nestedJson(tensor, 0, 0))}]`
  return list(rows!, (row) =>
    objectJson(tensors, (tensor) => nestedJson(tensor, 1, row * elementCount(tensor.shape.slice(1)))),
  )
}

function objectJson(tensors: readonly (readonly [string, Tensor])[], toJson: (tensor: Tensor) => string): string {
  return `{${tensors.map(([name, tensor]) => `${JSON.stringify(name)}:${toJson(tensor)}`).join(',')}}`
}

/** The part of a tensor below `axis` that starts at element `from`, as nested arrays. */
function nestedJson(tensor: Tensor, axis: number, from: number): string {
  const size = tensor.shape[axis]
  if (size === undefined) return elementJson(tensor, from)
  const step = elementCount(tensor.shape.slice(axis + 1))
  return list(size, (index) => nestedJson(tensor, axis + 1, from + index * step))
}

/** One element as JSON; NaN and the infinities, which JSON cannot carry, become null. */
function elementJson({ dataType, data }: Tensor, index: number): string {
  const value = data[index]!
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return String(value)
  if (dataType === 'bool') return value ? 'true' : 'false'
  const number = dataType === 'float16' ? fromFloat16Bits(value) : value
  if (!Number.isFinite(number)) return 'null'
  if (Object.is(number, -0)) return '-0'
  return String(dataType === 'float32' ? shortestFloat32(number) : number)
}

function list(length: number, item: (index: number) => string): string {
  let json = '['
  for (let index = 0; index < length; index++) json += index === 0 ? item(index) : `,${item(index)}`
  return `${json}]`
}
