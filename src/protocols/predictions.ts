import { activate, readRow } from '../core/activation.ts'
import type { AnsweredOutput, ModelView, Task } from '../core/model-view.ts'
import type { Tensor, Tensors } from '../core/tensor.ts'
import { elementCount } from '../core/tensor.ts'
import { chooseClass } from '../core/threshold.ts'
import { elementJson, list, nestedJson } from './element-json.ts'
import type { NanTeller } from './element-json.ts'

// Answers are written as text: integers of 64 bits stay exact, and no object is built a row.

/**
 * One prediction a row: `{"label":…,"probabilities":{…}}` of a classifier, a number or several of a regressor, and of
 * other models their outputs by name.
 *
 * @param top How many classes are answered, the likeliest first; all, in their order, when absent.
 */
export function toPredictionsJson(outputs: Tensors, model: ModelView, top?: number): string {
  const { task } = model
  if (task.kind === 'classifier') return classifierJson(outputs, task, model, top)
  if (task.kind === 'outlier') return outlierJson(outputs, task, model)
  if (task.kind === 'regressor') return regressorJson(outputs.get(task.value)!, answeredAs(model, task.value), model)
  return outputsJson(outputs, model)
}

/** All tensors by name, as nested arrays. */
export function toOutputsJson(outputs: Tensors, model: ModelView): string {
  const { signature, fileNames } = model
  const tensors = signature.outputs.flatMap(({ name }) => {
    const tensor = outputs.get(name)
    return tensor ? [[fileNames.get(name) ?? name, tensor] as const] : []
  })
  return objectJson(tensors.map(([name, tensor]) => [name, nestedJson(tensor, 0, 0, model)]))
}

function classifierJson(
  outputs: Tensors,
  { label: labelName, probabilities: scoresName, scores: kind, activation }: Extract<Task, { kind: 'classifier' }>,
  model: ModelView,
  top: number | undefined,
): string {
  const label = labelName === undefined ? undefined : outputs.get(labelName)!
  const raw = outputs.get(scoresName)!
  const scores = activation ? activate(raw, activation.name, model.labels.length) : raw
  const [rows = 0, classes = 0] = scores.shape
  const labelKey = labelName === undefined ? '"label":' : keyText(model, labelName, 'label')
  const scoresKey = keyText(model, scoresName, kind)
  const isNamed = model.labels.length === classes
  const keys = isNamed ? model.labelKeys : Array.from({ length: classes }, (_, column) => `"${column}":`)
  const [open, close] = isNamed || top !== undefined ? '{}' : '[]'
  let json = '['
  for (let row = 0; row < rows; row++) {
    const from = row * classes
    const columns = top === undefined ? undefined : likeliest(scores, from, classes, top)
    const named = label ? labelJson(label, row, model) : classJson(scores, row, model)
    json += `${row === 0 ? '' : ','}{${labelKey}${named},${scoresKey}${open}`
    for (let index = 0; index < (columns?.length ?? classes); index++) {
      const column = columns ? columns[index]! : index
      if (index > 0) json += ','
      if (open === '{') json += keys[column]
      json += elementJson(scores, from + column, model)
    }
    json += `${close}}`
  }
  return `${json}]`
}

function keyText(model: ModelView, tensor: string, otherwise: string): string {
  const name = answeredAs(model, tensor)?.name
  return name === undefined ? `"${otherwise}":` : `${JSON.stringify(name)}:`
}

function likeliest(scores: Tensor, from: number, classes: number, top: number): number[] {
  const row = readRow(scores, from, classes)
  const columns = Array.from(row, (_, column) => column)
  return columns.toSorted((a, b) => row[b]! - row[a]! || a - b).slice(0, top)
}

/** An answer that has a name of its own is told by it. */
function labelJson(label: Tensor, row: number, model: ModelView): string {
  const { labels, labelIndex, labelTexts } = model
  const answered = String(label.data[row])
  const index = labelIndex.get(answered)
  const name = index === undefined ? undefined : labels[index]
  const isOwn = typeof name === 'string' && (name !== answered || label.dataType === 'string')
  return isOwn ? labelTexts[index!]! : elementJson(label, row, model)
}

/** The class that the numbers of a row choose; null where one is NaN. */
function classJson(scores: Tensor, row: number, { labelTexts, task }: ModelView): string {
  const threshold = task.kind === 'classifier' ? task.threshold : undefined
  const index = threshold ? chooseClass(scores, row, threshold) : largest(scores, row)
  return (index === undefined ? undefined : labelTexts[index]) ?? 'null'
}

/** The class with the largest number of a row, the first of equal ones; undefined where a number is NaN. */
function largest(scores: Tensor, row: number): number | undefined {
  const classes = scores.shape[1]!
  const values = readRow(scores, row * classes, classes)
  if (values.some(Number.isNaN)) return undefined
  return values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity))
}

function outlierJson(
  outputs: Tensors,
  { label: labelName, score: scoreName }: Extract<Task, { kind: 'outlier' }>,
  model: ModelView,
): string {
  const label = outputs.get(labelName)!
  const score = outputs.get(scoreName)!
  const labelKey = keyText(model, labelName, 'label')
  const scoreKey = keyText(model, scoreName, 'score')
  return list(elementCount(label.shape), (row) => {
    return `{${labelKey}${elementJson(label, row, model)},${scoreKey}${elementJson(score, row, model)}}`
  })
}

/** A number a row, or an array of several, or an object where model.json names them. */
function regressorJson(value: Tensor, output: AnsweredOutput | undefined, model: NanTeller): string {
  const [rows = 0, width = 1] = value.shape
  return list(rows, (row) => {
    const json = rowJson(value, row, width, output?.columns, model)
    return output?.name === undefined ? json : `{${JSON.stringify(output.name)}:${json}}`
  })
}

function rowJson(
  value: Tensor,
  row: number,
  width: number,
  columns: readonly string[] | undefined,
  model: NanTeller,
): string {
  const element = (column: number): string => elementJson(value, row * width + column, model)
  if (columns?.length === width) return objectJson(columns.map((name, column) => [name, element(column)]))
  return width === 1 ? element(0) : list(width, element)
}

function outputsJson(outputs: Tensors, model: ModelView): string {
  const { signature } = model
  const tensors = model.outputs.map((output) => [output, outputs.get(output.tensor)!] as const)
  const rows = tensors[0]?.[1].shape[0]
  const batch = signature.inputs[0]?.shape[0]
  // One object a row where every output has a row for each of the batch, else one for the whole batch.
  const isByRow = tensors.every(([{ tensor: name }, { shape }]) => {
    const declared = signature.outputs.find((spec) => spec.name === name)?.shape[0]
    return (declared ?? batch) === batch && rows !== undefined && shape[0] === rows
  })
  if (!isByRow)
    return `[${objectJson(tensors.map(([output, tensor]) => [keyOf(output), wholeJson(tensor, output, model)]))}]`
  return list(rows!, (row) =>
    objectJson(tensors.map(([output, tensor]) => [keyOf(output), cellJson(tensor, row, output, model)])),
  )
}

/** Some exporters write the labels of all rows into one. */
function wholeJson(tensor: Tensor, { isLabel }: AnsweredOutput, model: ModelView): string {
  if (isLabel) return list(tensor.data.length, (row) => labelJson(tensor, row, model))
  return nestedJson(tensor, 0, 0, model)
}

function keyOf({ name, fileName }: AnsweredOutput): string {
  return name ?? fileName
}

/** What an output answers for one row: a single number stands alone. */
function cellJson(tensor: Tensor, row: number, { columns, isLabel }: AnsweredOutput, model: ModelView): string {
  if (isLabel) return labelJson(tensor, row, model)
  const size = elementCount(tensor.shape.slice(1))
  if (columns?.length === size) return rowJson(tensor, row, size, columns, model)
  return tensor.shape.length === 2 && size === 1
    ? elementJson(tensor, row, model)
    : nestedJson(tensor, 1, row * size, model)
}

function answeredAs({ outputs }: ModelView, tensor: string): AnsweredOutput | undefined {
  return outputs.find((output) => output.tensor === tensor)
}

function objectJson(members: readonly (readonly [name: string, json: string])[]): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}
