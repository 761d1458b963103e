import type { OfferedExample } from '../../core/offered-example.ts'
import { elementCount } from '../../core/tensor.ts'
import type { RunRequest } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import { MAX_EXAMPLE_NUMBERS, bodiesOf, exampleRecords, outlineOf } from './example-body.ts'
import { predictCodec } from './predict.ts'
import { joinPieces } from '../text-answer.ts'

/**
 * Finds a body that the model answers. Each body is decoded, computed and encoded like a request.
 *
 * @param candidates Inputs that the model may compute, the simplest first.
 * @param run Computes a request. It does not change the inputs.
 */
export async function offerExample(
  view: ModelView,
  candidates: readonly Tensors[],
  run: (request: RunRequest) => Promise<Tensors>,
): Promise<OfferedExample> {
  const outline = outlineOf(view)
  const count = numbersIn(candidates[0])
  if (count > MAX_EXAMPLE_NUMBERS) {
    const seen = view.sample ? '' : '; the model computes none of the numbers that were made up'
    const note = `an example has ${count} numbers, which are too many to show: ${JSON.stringify(outline)}${seen}`
    return { note, outline }
  }
  let problem: unknown
  for (const body of bodiesToTry(view, candidates)) {
    try {
      await checkAnswerable(view, body, run)
      return { body }
    } catch (error) {
      problem ??= error
    }
  }
  const why = problem instanceof Error ? problem.message : 'none can be made up'
  return { note: `no example was found that the model computes: ${why}`, outline }
}

function numbersIn(inputs: Tensors = new Map()): number {
  let count = 0
  for (const { shape } of inputs.values()) count += elementCount(shape)
  return count
}

function* bodiesToTry(view: ModelView, candidates: readonly Tensors[]): Generator {
  if (view.features.length > 0) yield exampleRecords(view)
  for (const inputs of candidates) yield* bodiesOf(inputs, view)
}

async function checkAnswerable(
  view: ModelView,
  body: unknown,
  run: (request: RunRequest) => Promise<Tensors>,
): Promise<void> {
  const request = predictCodec.decode({ bytes: Buffer.from(JSON.stringify(body)), isCsv: false }, view)
  const outputs = await run(request)
  const timings = { queueMs: 0, computeMs: 0, batchSize: 1 }
  joinPieces(predictCodec.encode({ outputs, timings }, request, view).pieces)
}
