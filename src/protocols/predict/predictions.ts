import { readRow } from '../../core/activation.ts'
import { maxBytesOf } from '../../core/json-size.ts'
import type { AnsweredOutput, ModelView } from '../../core/model-view.ts'
import type { Task } from '../../core/task.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { chooseClass } from '../../core/threshold.ts'
import { largestValues, toScores } from './class-scores.ts'
import type { ClassScores } from './class-scores.ts'
import { labelJsonOf } from '../label-json.ts'
import { elementJson } from '../tensors/element-json.ts'
import { tensorValues, toKey, toKeys } from './row-values.ts'
import type { Part, Values } from './row-values.ts'

// Predictions are written as text. So integers of 64 bits are exact, and no object is built for a row.

/** The predictions of all rows. They have the same structure. */
export interface Predictions {
  readonly rows: number
  readonly row: Part
}

/**
 * Makes one prediction for each row. A classifier has `{"label":…,"probabilities":{…}}`, an outlier detector
 * `{"label":…,"score":…}`, and a regressor one or several numbers. Any other model has its outputs by name.
 *
 * @param top The number of classes to answer, the likeliest first. If absent, all classes are answered in their order.
 */
export function toPredictions(outputs: Tensors, model: ModelView, top?: number): Predictions {
  const { task } = model
  if (task.kind === 'classifier') return ofClassifier(outputs, task, model, top)
  if (task.kind === 'outlier') return ofOutlierDetector(outputs, task, model)
  if (task.kind === 'regressor') return ofRegressor(outputs.get(task.value)!, answeredAs(model, task.value), model)
  return ofOutputs(outputs, model)
}

/** Makes all tensors by name, as nested arrays. */
export function toOutputs(outputs: Tensors, model: ModelView): { members: [key: string, part: Values][] } {
  const { signature, fileNames } = model
  const members = signature.outputs.flatMap(({ name }): [string, Values][] => {
    const tensor = outputs.get(name)
    return tensor ? [[toKey(fileNames.get(name) ?? name), tensorValues(tensor, tensor.shape, model)]] : []
  })
  return { members }
}

function ofClassifier(
  outputs: Tensors,
  task: Extract<Task, { kind: 'classifier' }>,
  model: ModelView,
  top: number | undefined,
): Predictions {
  const scores = toScores(outputs.get(task.probabilities)!, task.activation, model)
  const label = task.label === undefined ? undefined : outputs.get(task.label)!
  const labelKey = task.label === undefined ? KEYS.label : keyOfTensor(model, task.label, 'label')
  const members: [string, Part][] = [
    [labelKey, label ? labelValues(label, [], model) : classValues(scores, model)],
    [keyOfTensor(model, task.probabilities, task.scores), scoreValues(scores, model, top)],
  ]
  return { rows: scores.rows, row: { members } }
}

const KEYS = { label: '"label":', probabilities: '"probabilities":', scores: '"scores":', score: '"score":' }

function scoreValues(scores: ClassScores, model: ModelView, top: number | undefined): Values {
  return top === undefined ? scores.values : largestValues(scores, top, model)
}

function keyOfTensor(model: ModelView, tensor: string, otherwise: keyof typeof KEYS): string {
  const name = answeredAs(model, tensor)?.name
  return name === undefined ? KEYS[otherwise] : toKey(name)
}

/** Writes labels. If model.json names a class, the name replaces the label of the file. */
function labelValues(label: Tensor, shape: readonly number[], model: ModelView): Values {
  const count = elementCount(shape)
  const { texts, maxLabelBytes } = labelJsonOf(model)
  const longest = label.data.length * (maxLabelBytes + 1)
  return {
    shape,
    keys: undefined,
    text: (row, index) => labelJson(label, row * count + index, model, texts),
    maxBytes: Math.max(maxBytesOf(label), longest),
  }
}

function labelJson(label: Tensor, at: number, model: ModelView, texts: readonly string[]): string {
  const { labels, labelIndex } = model
  const answered = String(label.data[at])
  const index = labelIndex.get(answered)
  const name = index === undefined ? undefined : labels[index]
  const isOwn = typeof name === 'string' && (name !== answered || label.dataType === 'string')
  return isOwn ? texts[index!]! : elementJson(label, at, model)
}

/** Writes the class that the numbers of a row choose. It is null if one of them is NaN. */
function classValues(scores: ClassScores, model: ModelView): Values {
  const { texts, maxLabelBytes } = labelJsonOf(model)
  const threshold = model.task.kind === 'classifier' ? model.task.threshold : undefined
  return {
    shape: [],
    keys: undefined,
    text(row) {
      const own = scores.of(row)
      const index = threshold ? chooseClass(own, 0, threshold) : indexOfLargest(readRow(own, 0, scores.width))
      return (index === undefined ? undefined : texts[index]) ?? 'null'
    },
    maxBytes: scores.rows * (maxLabelBytes + NULL_BYTES),
  }
}

const NULL_BYTES = 5

/** Finds the index of the largest number, the first if several are equal. @returns undefined if a number is NaN. */
function indexOfLargest(values: readonly number[]): number | undefined {
  if (values.some(Number.isNaN)) return undefined
  return values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity))
}

function ofOutlierDetector(outputs: Tensors, task: Extract<Task, { kind: 'outlier' }>, model: ModelView): Predictions {
  const label = outputs.get(task.label)!
  const members: [string, Part][] = [
    [keyOfTensor(model, task.label, 'label'), tensorValues(label, [], model)],
    [keyOfTensor(model, task.score, 'score'), tensorValues(outputs.get(task.score)!, [], model)],
  ]
  return { rows: elementCount(label.shape), row: { members } }
}

/** Makes one number for each row, an array of several, or an object if model.json names the numbers. */
function ofRegressor(value: Tensor, output: AnsweredOutput | undefined, model: ModelView): Predictions {
  const [rows = 0, width = 1] = value.shape
  const values = columnValues(value, width, output?.columns, model)
  return { rows, row: output?.name === undefined ? values : { members: [[toKey(output.name), values]] } }
}

function columnValues(tensor: Tensor, width: number, columns: readonly string[] | undefined, model: ModelView): Values {
  if (columns?.length === width) return tensorValues(tensor, [width], model, toKeys(columns))
  return tensorValues(tensor, width === 1 ? [] : [width], model)
}

function ofOutputs(outputs: Tensors, model: ModelView): Predictions {
  const { signature } = model
  const tensors = model.outputs.map((output) => [output, outputs.get(output.tensor)!] as const)
  const rows = tensors[0]?.[1].shape[0]
  const batch = signature.inputs[0]?.shape[0]
  // If every output has one row for each row of the batch, each row gets an object. Otherwise there is one for the batch.
  const isByRow = tensors.every(([{ tensor: name }, { shape }]) => {
    const declared = signature.outputs.find((spec) => spec.name === name)?.shape[0]
    return (declared ?? batch) === batch && rows !== undefined && shape[0] === rows
  })
  const valuesOf = isByRow ? rowValues : wholeValues
  const members = tensors.map(([output, tensor]): [string, Part] => [
    toKey(output.name ?? output.fileName),
    valuesOf(tensor, output, model),
  ])
  return { rows: isByRow ? rows! : 1, row: { members } }
}

/** Describes a whole output. Some exporters write the labels of all rows into a single row. */
function wholeValues(tensor: Tensor, { isLabel }: AnsweredOutput, model: ModelView): Values {
  return isLabel ? labelValues(tensor, [tensor.data.length], model) : tensorValues(tensor, tensor.shape, model)
}

/** Describes the values of an output for one row. A single number has no array around it. */
function rowValues(tensor: Tensor, { columns, isLabel }: AnsweredOutput, model: ModelView): Values {
  if (isLabel) return labelValues(tensor, [], model)
  const shape = tensor.shape.slice(1)
  if (shape.length === 1) return columnValues(tensor, shape[0]!, columns, model)
  // The elements of a row may have names, although the row has several axes.
  if (columns?.length === elementCount(shape)) return columnValues(tensor, columns.length, columns, model)
  return tensorValues(tensor, shape, model)
}

function answeredAs({ outputs }: ModelView, tensor: string): AnsweredOutput | undefined {
  return outputs.find((output) => output.tensor === tensor)
}
