import type { AnsweredOutput } from '../../core/model-view.ts'
import type { TensorSpec } from '../../core/signature.ts'
import type { Task } from '../../core/task.ts'
import type { ModelJson } from '../files/model-json.ts'
import { isNetwork } from './network-classifier.ts'
import { isLabelSpec } from './task-by-types.ts'

/**
 * Chooses and names the outputs that are answered, as model.json says. Without it, all outputs are answered.
 *
 * @param fileNames Names in the file, by name in the signature, of outputs before which a ZipMap was removed.
 * @throws Error if model.json names an output that the model does not have, or the wrong number of columns.
 */
export function toAnsweredOutputs(
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
 * Applies the labels of model.json to a model that answers only one output of a classifier. Probabilities get columns of
 * these names. A class is answered as its label.
 *
 * @throws Error if model.json has labels, and the model has no output for them.
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
  const only = modelJson.outputs?.length === 1 ? outputs[0] : undefined
  const spec = only && specs.find(({ name }) => name === only.tensor)
  if (!only || !spec || !(isLabelSpec(spec) || task.kind === 'regressor')) {
    throw new Error(
      'model.json: has labels, but the model is no classifier: choose one output of numbers in "outputs", or leave them out',
    )
  }
  return [isLabelSpec(spec) ? { ...only, isLabel: true } : withLabelColumns(only, spec, labels)]
}

function withLabelColumns(
  output: AnsweredOutput,
  { shape }: TensorSpec,
  labels: NonNullable<ModelJson['labels']>,
): AnsweredOutput {
  const width = shape[1] ?? 1
  if (width === -1 || width === labels.length) return { ...output, columns: output.columns ?? labels.map(String) }
  throw new Error(`model.json: has ${labels.length} labels, but output ${output.fileName} has ${width} numbers a row`)
}

/** @throws Error if the answer would have two outputs under the same key. */
export function checkKeys(outputs: readonly AnsweredOutput[], task: Task): void {
  const ownKeys = isNetwork(task) ? ['label'] : []
  const keys = [
    ...ownKeys,
    ...outputs.flatMap(({ name, tensor, fileName }) => name ?? keysByTask(task, tensor) ?? fileName),
  ]
  const twice = keys.find((key, index) => keys.indexOf(key) < index)
  if (twice !== undefined) throw new Error(`model.json: two outputs are answered as ${twice}: name one otherwise`)
}

/** Numbers of classes have two possible keys: the first answers of the model decide whether they are probabilities. */
function keysByTask(task: Task, tensor: string): string | string[] | undefined {
  if ('label' in task && task.label === tensor) return 'label'
  if (task.kind === 'classifier' && task.probabilities === tensor) return ['probabilities', 'scores']
  return task.kind === 'outlier' && task.score === tensor ? 'score' : undefined
}
