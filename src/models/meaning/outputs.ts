import type { AnsweredOutput } from '../../core/model-view.ts'
import type { Label, Task } from '../../core/task.ts'
import type { TensorSpec } from '../../core/signature.ts'
import type { ClassLabels } from '../../onnx/class-lists.ts'
import { isNetwork } from './network-classifier.ts'
import type { ModelJson } from '../files/model-json.ts'
import { isLabel } from './task-by-types.ts'

/**
 * The outputs that are answered, as model.json chooses and names them; all of them without it.
 *
 * @param fileNames What the file calls an output that has another name in the signature.
 * @throws Error when model.json names one that is not there.
 */
export function toOutputs(
  specs: readonly TensorSpec[],
  fileNames: ReadonlyMap<string, string>,
  described: ModelJson['outputs'],
): AnsweredOutput[] {
  const known = specs.map(({ name }): AnsweredOutput => ({ tensor: name, fileName: fileNames.get(name) ?? name }))
  if (!described) return known
  return described.map(({ tensor, name, columns }) => {
    const found = known.find((output) => output.tensor === tensor || output.fileName === tensor)
    if (!found) {
      const names = known.map(({ fileName }) => fileName).join(', ')
      throw new Error(`model.json: the model has no output ${tensor} that can be served; it has ${names}`)
    }
    const { shape } = specs.find((spec) => spec.name === found.tensor)!
    if (columns && (shape.length !== 2 || (shape[1] !== -1 && shape[1] !== columns.length))) {
      throw new Error(
        `model.json: names ${columns.length} columns of output ${tensor}, whose shape is [${shape.join(',')}]`,
      )
    }
    return { ...found, ...(name !== undefined && { name }), ...(columns && { columns }) }
  })
}

/**
 * Where model.json names the classes and has one output of a classifier answered alone: the probabilities have columns
 * of these names then, and the label is told by its own.
 *
 * @throws Error when there are labels, and no output for them.
 */
export function nameByLabels(
  outputs: readonly AnsweredOutput[],
  specs: readonly TensorSpec[],
  task: Task,
  modelJson: ModelJson,
): readonly AnsweredOutput[] {
  const { labels } = modelJson
  if (isNetwork(task) && outputs[0]?.columns) {
    throw new Error('model.json: has labels and columns for the same numbers: leave the columns out')
  }
  if (!labels || task.kind === 'classifier') return outputs
  const [only, second] = outputs
  const isChosen = modelJson.outputs !== undefined && only !== undefined && second === undefined
  const spec = isChosen && specs.find(({ name }) => name === only.tensor)
  if (spec && isLabel(spec)) return [{ ...only, isLabel: true }]
  if (!spec || task.kind !== 'regressor') {
    throw new Error(
      'model.json: has labels, but the model is no classifier: choose one output of numbers in "outputs", or leave them out',
    )
  }
  const width = spec.shape[1] ?? 1
  if (width === -1 || width === labels.length) return [{ ...only, columns: only.columns ?? labels.map(String) }]
  throw new Error(`model.json: has ${labels.length} labels, but output ${only.fileName} has ${width} numbers a row`)
}

/** @throws Error where two outputs would be answered under the same key. */
export function checkKeys(outputs: readonly AnsweredOutput[], task: Task): void {
  const ownKeys = isNetwork(task) ? ['label'] : []
  const keys = [
    ...ownKeys,
    ...outputs.flatMap(({ name, tensor, fileName }) => name ?? keysByTask(task, tensor) ?? fileName),
  ]
  const twice = keys.find((key, index) => keys.indexOf(key) < index)
  if (twice !== undefined) throw new Error(`model.json: two outputs are answered as ${twice}: name one otherwise`)
}

/** Whether the numbers are called probabilities is known later. */
function keysByTask(task: Task, tensor: string): string | string[] | undefined {
  if ('label' in task && task.label === tensor) return 'label'
  if (task.kind === 'classifier' && task.probabilities === tensor) return ['probabilities', 'scores']
  return task.kind === 'outlier' && task.score === tensor ? 'score' : undefined
}

/** Why the classes of the file name nothing, where two are the same. */
export function equalClassesText(classes: ClassLabels = []): string | undefined {
  const names = classes.map(String)
  const twice = names.length === new Set(names).size ? undefined : names.find((name, at) => names.indexOf(name) < at)
  const next = 'their numbers are answered in an array; export it with a name for each'
  return twice === undefined ? undefined : `two classes in the file are named ${twice}: ${next}`
}

/** Names of the classes, and which of them each answer of the model stands for. */
export interface Labels {
  readonly labels: readonly Label[]
  readonly labelIndex: ReadonlyMap<string, number>
}

/**
 * The labels of a model's classes.
 *
 * @param told The classes that the file tells.
 * @param width How many classes the model has numbers for; -1 where any number may come.
 * @throws Error when model.json names another number of classes, or others than the file.
 */
export function toKnownLabels(
  told: ClassLabels | undefined,
  described: ModelJson['labels'],
  task: Task,
  width: number,
): Labels {
  if (described && !isNetwork(task) && width !== -1 && width !== described.length) {
    throw new Error(`model.json: has ${described.length} labels, but the model has ${width} classes`)
  }
  const isTold = told && equalClassesText(told) === undefined && (width === -1 || width === told.length)
  const classes = (task.kind === 'classifier' || described) && isTold ? told : undefined
  return toLabels(classes, described)
}

/**
 * Joins the classes that the file tells with the labels in model.json.
 *
 * @throws Error when they cannot both be right.
 */
export function toLabels(classes: ClassLabels | undefined, given: ModelJson['labels']): Labels {
  const values = (classes ?? []).map(toLabel)
  if (!given) return { labels: values, labelIndex: toIndex(values) }
  const described = given.map(toLabel)
  // Integers that JSON numbers do not hold exactly may be written as text.
  const isNamed = typeof given[0] === 'string' && !given.some(isLongInteger)
  if (values.length === 0) {
    return { labels: described, labelIndex: toIndex(isNamed ? described.map((_, index) => index) : described) }
  }
  if (values.length !== described.length) {
    throw new Error(`model.json: has ${described.length} labels, but the model has ${values.length} classes`)
  }
  const isRenamed = isNamed && typeof classes?.[0] === 'bigint'
  if (!isRenamed && described.some((label, index) => String(label) !== String(values[index]))) {
    throw new Error(`model.json: labels are ${listed(described)}, but the file says ${listed(values)}`)
  }
  return { labels: described, labelIndex: toIndex(values) }
}

function isLongInteger(label: string | number | bigint): boolean {
  return /^-?\d{16,20}$/.test(String(label)) && !Number.isSafeInteger(Number(label))
}

function toLabel(value: string | number | bigint): Label {
  if (typeof value === 'string') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

function toIndex(values: readonly Label[]): ReadonlyMap<string, number> {
  return new Map(values.map((value, index) => [String(value), index]))
}

function listed(labels: readonly Label[]): string {
  const shown = labels.slice(0, 10).map(String).join(', ')
  return labels.length > 10 ? `${shown}, …` : shown
}
