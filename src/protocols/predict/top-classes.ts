import type { ModelView } from '../../core/model-view.ts'
import { invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'

/**
 * Reads `?top=`, the number of classes to answer.
 *
 * @throws ServingError INVALID_INPUT if the text is no such number, if the model is no classifier, or if its numbers are
 *   scores of classes without names.
 */
export function parseTop(text: string, { task, labels }: ModelView): number {
  if (task.kind === 'classifier' && task.scores === 'scores' && labels.length === 0) {
    throw invalid('top', 'the numbers of this model are no likelihoods: leave it out')
  }
  if (task.kind !== 'classifier') throw invalid('top', 'this model is no classifier: leave it out')
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw invalid('top', `expected how many classes to answer, from 1, got ${show(text)}`)
}
