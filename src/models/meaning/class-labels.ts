import type { Label, Task } from '../../core/task.ts'
import type { ClassLabels } from '../../onnx/class-lists.ts'
import type { ModelJson } from '../files/model-json.ts'
import { isNetwork } from './network-classifier.ts'

/** Names of the classes, and the index of the name for each class that the model answers, as text. */
export interface Labels {
  readonly labels: readonly Label[]
  readonly labelIndex: ReadonlyMap<string, number>
}

/** Says that the classes in the file name nothing, because two of them are equal. undefined if all differ. */
export function equalClassesText(classes: ClassLabels = []): string | undefined {
  const names = classes.map(String)
  const twice = names.length === new Set(names).size ? undefined : names.find((name, at) => names.indexOf(name) < at)
  const next = 'their numbers are answered in an array; export it with a name for each'
  return twice === undefined ? undefined : `two classes in the file are named ${twice}: ${next}`
}

/**
 * Finds the labels of a model's classes.
 *
 * @param inFile The classes in the file, if it has any.
 * @param width The number of classes that the model has numbers for; -1 if it is not known.
 * @throws Error if model.json names another number of classes, or other classes than the file.
 */
export function toKnownLabels(
  inFile: ClassLabels | undefined,
  described: ModelJson['labels'],
  task: Task,
  width: number,
): Labels {
  if (described && !isNetwork(task) && width !== -1 && width !== described.length) {
    throw new Error(`model.json: has ${described.length} labels, but the model has ${width} classes`)
  }
  const isUsable = inFile && equalClassesText(inFile) === undefined && (width === -1 || width === inFile.length)
  const classes = (task.kind === 'classifier' || described) && isUsable ? inFile : undefined
  return toLabels(classes, described)
}

/**
 * Joins the classes in the file with the labels in model.json. Texts in model.json are names for integers in the file.
 *
 * @throws Error if the two contradict each other.
 */
export function toLabels(classes: ClassLabels | undefined, described: ModelJson['labels']): Labels {
  const values = (classes ?? []).map(toLabel)
  if (!described) return { labels: values, labelIndex: toIndex(values) }
  const labels = described.map(toLabel)
  // Integers beyond 2^53 may be written as text, since JSON numbers do not hold them exactly.
  const areNames = typeof described[0] === 'string' && !described.some(isLongInteger)
  if (values.length === 0) {
    return { labels, labelIndex: toIndex(areNames ? labels.map((_, index) => index) : labels) }
  }
  if (values.length !== labels.length) {
    throw new Error(`model.json: has ${labels.length} labels, but the model has ${values.length} classes`)
  }
  const isRenamed = areNames && typeof classes?.[0] === 'bigint'
  if (!isRenamed && labels.some((label, index) => String(label) !== String(values[index]))) {
    throw new Error(`model.json: labels are ${listLabels(labels)}, but the file says ${listLabels(values)}`)
  }
  return { labels, labelIndex: toIndex(values) }
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

function listLabels(labels: readonly Label[]): string {
  const shown = labels.slice(0, 10).map(String).join(', ')
  return labels.length > 10 ? `${shown}, …` : shown
}
