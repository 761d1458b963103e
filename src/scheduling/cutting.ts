import { outputsProblem, sizeOfOutputs } from '../core/answer-limit.ts'
import { ServingError } from '../core/errors.ts'
import type { RunRequest, RunResult } from '../core/inference.ts'
import { releaseTensors } from '../core/owned-tensors.ts'
import { asPartOf } from '../core/row-errors.ts'
import { isJoinable, joinTensors, rowsOf, splitTensor } from '../core/tensor.ts'
import type { Tensor, Tensors } from '../core/tensor.ts'
import { hasOneRowCount } from './joining.ts'
import type { Run } from './scheduler.ts'

/**
 * Cuts requests with more rows than one run may have. The parts run one after the other, and their answers are joined.
 *
 * @param maxRunRows Returns the most rows in one run. undefined: rows may depend on each other, so nothing is cut.
 * @param maxAnswerBytes Most bytes in one answer.
 */
export function cutRuns(run: Run, maxRunRows: () => number | undefined, maxAnswerBytes = Infinity): Run {
  return async (requests) => {
    const limit = maxRunRows() ?? Infinity
    if (!requests.some((request) => isTooLarge(request, limit))) return run(requests)
    const results: RunResult[] = []
    for (const request of requests) {
      const one = async (part: RunRequest): Promise<RunResult> => (await run([part]))[0]!
      // If an output does not have a row for each row of the inputs, the request runs whole.
      const joined = isTooLarge(request, limit) ? await runParts(request, { limit, maxAnswerBytes }, one) : undefined
      results.push(joined ?? (await one(request)))
    }
    return results
  }
}

function isTooLarge({ inputs }: RunRequest, limit: number): boolean {
  return rowsOf(inputs) > limit && hasOneRowCount(inputs)
}

/** @returns undefined if the answers cannot be joined. */
async function runParts(
  { inputs, outputs }: RunRequest,
  { limit, maxAnswerBytes }: { readonly limit: number; readonly maxAnswerBytes: number },
  run: (part: RunRequest) => Promise<RunResult>,
): Promise<RunResult | undefined> {
  const rows = rowsOf(inputs)
  const counts = Array.from({ length: Math.ceil(rows / limit) }, (_, index) => Math.min(limit, rows - index * limit))
  const parts = Array.from(inputs, ([name, tensor]) => [name, splitTensor(tensor, counts)] as const)
  const answers: Tensors[] = []
  const size = { bytes: 0, textBytes: 0 }
  let rowsDone = 0
  for (const [index, count] of counts.entries()) {
    const part = new Map(parts.map(([name, tensors]) => [name, tensors[index]!]))
    const answer = await run({ inputs: part, outputs })
    if (answer instanceof ServingError) return asPartOf(answer, rowsDone, count)
    for (const { shape } of answer.values()) if (shape[0] !== count) return undefined
    answers.push(answer)
    const { bytes, textBytes } = sizeOfOutputs(answer)
    size.bytes += bytes
    size.textBytes += textBytes
    rowsDone += count
    // If the answers so far exceed `maxAnswerBytes`, the other parts need not run.
    const problem = outputsProblem(size, rowsDone, maxAnswerBytes)
    if (problem) return problem
  }
  const joined = joinAnswers(answers)
  for (const answer of answers) releaseTensors(answer)
  return joined
}

function joinAnswers([first, ...others]: readonly Tensors[]): Tensors | undefined {
  const joined = new Map<string, Tensor>()
  for (const [name, tensor] of first!) {
    const rest = others.map((answer) => answer.get(name)!)
    if (!rest.every((each) => isJoinable(tensor, each))) return undefined
    joined.set(name, joinTensors([tensor, ...rest]))
  }
  return joined
}
