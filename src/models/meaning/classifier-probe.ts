import { readRow } from '../../core/activation.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Task } from '../../core/task.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import type { Session } from '../../runtime/runtime.ts'
import { buildSampleInputs } from '../tuning/sample-inputs.ts'
import { settleActivation } from './network-classifier.ts'
import { sumUpToOne } from './probabilities.ts'

/** The meaning of a classifier, after its own answers have confirmed or corrected it. */
export interface ProbedClassifier extends Pick<ModelView, 'task' | 'labels' | 'labelIndex'> {
  readonly warnings: readonly string[]
}

/** The source of labels. Labels that were guessed from the file are dropped at the first doubt. */
export type LabelSource = 'model.json' | 'the file' | 'a guess'

interface Answer {
  /** The class that the model answers, as text; empty if it answers none. */
  readonly label: string
  readonly values: readonly number[]
}

const ANSWERS = 8
// An answer with NaN says nothing. It is common, because sample inputs may be values that the model was not made for.
const TRIES = 3 * ANSWERS

/**
 * Lets a classifier answer sample inputs, to decide whether its numbers are probabilities and whether its labels can be
 * right. The view stays as it is if the model is no classifier or cannot compute the inputs.
 *
 * @throws Error if the labels of model.json cannot be right.
 */
export async function probeClassifier(session: Session, view: ModelView, from: LabelSource): Promise<ProbedClassifier> {
  const { task, labels, labelIndex } = view
  const unchecked = { task, labels, labelIndex, warnings: [] }
  if (task.kind !== 'classifier') return unchecked
  const answers = await readAnswers(session, view, task)
  if (!answers) return unchecked
  if (task.label === undefined) return { ...unchecked, task: settleActivation(task, answers, labels.length) }
  const scores = answers.every(({ values }) => sumUpToOne(values)) ? 'probabilities' : 'scores'
  const known = { task: { ...task, scores } as const, labels, labelIndex }
  if (labels.length === 0) return { ...known, warnings: [] }
  const problem = findProblem(answers, view)
  const doubt = scores === 'probabilities' ? findDoubt(answers, view) : undefined
  if (problem !== undefined && from === 'model.json') throw new Error(`model.json: ${problem}`)
  if (problem !== undefined || (doubt !== undefined && from === 'a guess')) {
    const why = `the classes in the file are left out, ${problem ?? doubt}: name them in model.json`
    return { ...known, labels: [], labelIndex: new Map(), warnings: [why] }
  }
  const isWarned = doubt !== undefined && from === 'model.json'
  const text = `${doubt}: check that labels in model.json stand in the order of the probability columns`
  return { ...known, warnings: isWarned ? [text] : [] }
}

/** @returns undefined if sample inputs cannot be built or computed. */
async function readAnswers(
  session: Session,
  view: ModelView,
  { label, probabilities }: Extract<Task, { kind: 'classifier' }>,
): Promise<readonly Answer[] | undefined> {
  const answers: Answer[] = []
  const names = label === undefined ? [probabilities] : [label, probabilities]
  for (let seed = 0; seed < TRIES && answers.length < ANSWERS; seed++) {
    const outputs = await tryOut(session, view, seed, names)
    const scores = outputs?.get(probabilities)
    if (!scores) return undefined
    const values = firstRow(scores)
    const answered = label === undefined ? '' : String(outputs?.get(label)?.data[0])
    if (!values.some(Number.isNaN)) answers.push({ label: answered, values })
  }
  return answers
}

async function tryOut(
  session: Session,
  view: ModelView,
  seed: number,
  outputs: readonly string[],
): Promise<Tensors | undefined> {
  try {
    return await session.run(buildSampleInputs(view, 1, seed), outputs)
  } catch {
    return undefined
  }
}

/** Finds a proof that the labels are wrong. */
function findProblem(answers: readonly Answer[], { labels, labelIndex }: ModelView): string | undefined {
  for (const { label, values } of answers) {
    if (values.length !== labels.length) {
      return `there are ${labels.length} labels, but the model answers ${values.length} numbers a row`
    }
    if (labelIndex.has(label)) continue
    const known = [...labelIndex.keys()].slice(0, 10).join(', ')
    return `the model answers the class ${label}, which is not among those that labels stand for: ${known}`
  }
  return undefined
}

/** Finds a sign that labels and columns have different orders. It is no proof, because some models contradict themselves. */
function findDoubt(answers: readonly Answer[], { labels, labelIndex }: ModelView): string | undefined {
  for (const { label, values } of answers) {
    const index = labelIndex.get(label)
    const likeliest = values.indexOf(Math.max(...values))
    if (index === undefined || values[index] === values[likeliest]) continue
    return `it answers ${labels[index]} where ${labels[likeliest]} is the likeliest by the order of labels`
  }
  return undefined
}

function firstRow(scores: Tensor): number[] {
  return readRow(scores, 0, elementCount(scores.shape.slice(1)))
}
