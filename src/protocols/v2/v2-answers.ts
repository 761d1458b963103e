import { maxBytesOf } from '../../core/json-size.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Steps } from '../../core/steps.ts'
import { byteLengthOf } from '../../core/tensor.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { checkBytes } from '../text-answer.ts'
import { classBytes, classify } from './v2-classification.ts'
import type { RequestedOutput } from './v2-outputs.ts'

/** An output in the form of the answer. */
export interface Answer {
  readonly name: string
  readonly tensor: Tensor
  readonly isBinary: boolean
}

/**
 * Makes the requested outputs in the order of the request, as classes if the request asks for classes.
 *
 * @throws ServingError ANSWER_TOO_LARGE if they may take more bytes than the model may answer.
 * @throws ServingError INVALID_INPUT if an output has no classes.
 */
export function* toAnswers(
  outputs: Tensors,
  requested: readonly RequestedOutput[],
  model: ModelView,
): Steps<{ answers: Answer[]; maxBytes: number }> {
  let maxBytes = 0
  for (const output of requested) maxBytes += maxOutputBytes(outputs.get(output.spec.name)!, output, model)
  checkBytes(maxBytes, outputs, model)
  const answers: Answer[] = []
  for (const { spec, name, isBinary, classes } of requested) {
    const tensor = outputs.get(spec.name)!
    answers.push({
      name,
      isBinary,
      tensor: classes === undefined ? tensor : yield* classify(tensor, classes, spec, model),
    })
  }
  return { answers, maxBytes }
}

function maxOutputBytes(tensor: Tensor, { spec, classes, isBinary }: RequestedOutput, model: ModelView): number {
  if (classes !== undefined) return classBytes(tensor, classes, spec, model)
  return isBinary ? byteLengthOf(tensor) : maxBytesOf(tensor)
}
