import type { Activation } from '../../core/activation.ts'
import type { Task } from '../../core/task.ts'
import type { TensorSpec } from '../../core/signature.ts'
import { findLastOperator } from '../../onnx/last-operator.ts'
import type { ModelFileInfo } from '../../onnx/model-file.ts'
import type { ModelJson } from '../files/model-json.ts'
import { areProbabilities, sumUpToOne } from './probabilities.ts'
import { toTask } from './task-by-types.ts'

// The numbers after these operators are answered as they are: probabilities, or scores of another kind.
const FINISHED = /^(Softmax|Sigmoid|HardSigmoid|Hardmax|ai\.onnx\.ml\..*)$/
// These operators can make any number. So their numbers are no probabilities, even if some look like it.
const UNBOUNDED = /^(Gemm|MatMul|Add|Conv|LogSoftmax|com\.microsoft\.(FusedGemm|FusedMatMul|FusedConv))$/
// These operators can make numbers below zero. So their numbers are probabilities only if each row sums up to 1.
const SIGNED =
  /^(Sub|Neg|Tanh|Sin|Cos|Tan|Asin|Atan|Erf|Softsign|Elu|Selu|Celu|LeakyRelu|PRelu|Gelu|Mish|Swish|HardSwish|(Lp|Layer|Batch|Instance|Group|RMS|MeanVariance)Normalization)$/

const BY_USER = 'model.json says so'

type NetworkTask = Extract<Task, { kind: 'classifier' }>

/**
 * Makes a classifier of a network if model.json names the classes, and the only answered output has a float for each
 * class. The class of a row is the one with the largest number.
 *
 * @param all Every output of the model, answered or not.
 * @throws Error if labels or activation do not fit the output.
 */
export function toNetworkClassifier(
  task: Task,
  all: readonly TensorSpec[],
  { graph }: Pick<ModelFileInfo, 'graph'>,
  { labels, activation }: ModelJson,
): Task {
  if (!labels) return task
  if (task.kind === 'classifier') return activation ? { ...task, activation: toAskedActivation(activation) } : task
  // The model answers the class as well, and only its probabilities are chosen. They are finished.
  const isPart = toTask(all).kind === 'classifier' && !activation
  if (task.kind !== 'regressor' || isPart) return task
  const width = all.find(({ name }) => name === task.value)!.shape[1] ?? 1
  checkWidth(width, labels.length)
  return {
    kind: 'classifier',
    label: undefined,
    probabilities: task.value,
    scores: 'scores',
    activation: activation
      ? toAskedActivation(activation, width)
      : guessActivation(findLastOperator(graph, task.value), width),
  }
}

/** True for a classifier that has no output with the class. */
export function isNetwork(task: Task): boolean {
  return task.kind === 'classifier' && task.label === undefined
}

function checkWidth(width: number, labels: number): void {
  if (labels < 2) throw new Error('model.json: has 1 label, but a classifier has two classes or more')
  const isTwo = width === 1 && labels === 2
  if (width === -1 || width === labels || isTwo) return
  throw new Error(`model.json: has ${labels} labels, but the model has ${width} numbers a row`)
}

function toAskedActivation(name: Activation['name'], width = -1): Activation {
  if (name === 'softmax' && width === 1) {
    throw new Error('model.json: activation softmax of a single number is always 1: use sigmoid')
  }
  return { name, reason: BY_USER }
}

function guessActivation(operator: string | undefined, width: number): Activation {
  if (operator === undefined) return { name: 'none', reason: 'the output is an input or a constant' }
  const reason = `the graph ends in ${operator}`
  if (FINISHED.test(operator)) return { name: 'none', reason }
  const guessed = SIGNED.test(operator) ? 'signed' : 'bounded'
  return { name: width === 1 ? 'sigmoid' : 'softmax', reason, ...(!UNBOUNDED.test(operator) && { guessed }) }
}

/**
 * Decides by answers of the model whether its numbers are probabilities already, if the graph does not tell. They are if
 * all rows sum up to 1. They also are if all numbers lie between 0 and 1, and the last operator makes no negative ones.
 *
 * @param answers Rows of numbers that the model answered.
 * @throws Error if a row has another number of numbers than there are labels.
 */
export function settleActivation(
  task: NetworkTask,
  answers: readonly { readonly values: readonly number[] }[],
  labels: number,
): Task {
  for (const { values } of answers) checkWidth(values.length, labels)
  const areAll = (test: (values: readonly number[]) => boolean): boolean => answers.every(({ values }) => test(values))
  const test = task.activation?.guessed === 'signed' ? sumUpToOne : areProbabilities
  const activation = settle(task.activation, areAll(test))
  // An activation of `none` in model.json does not say that the numbers are probabilities.
  const isAsked = activation?.reason === BY_USER
  const isProbability = activation?.name !== 'none' || areAll(isAsked ? sumUpToOne : areProbabilities)
  return { ...task, ...(activation && { activation }), scores: isProbability ? 'probabilities' : 'scores' }
}

function settle(activation: Activation | undefined, isDone: boolean): Activation | undefined {
  if (!activation?.guessed) return activation
  const { name, reason } = activation
  if (!isDone) return { name, reason }
  return { name: 'none', reason: `${reason}, and made-up values were answered between 0 and 1` }
}
