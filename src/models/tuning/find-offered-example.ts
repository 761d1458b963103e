import type { RunRequest } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { OfferedExample } from '../../core/offered-example.ts'
import type { Fill } from '../../core/sample-recipe.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { Session } from '../../runtime/runtime.ts'
import { buildSampleInputs } from './sample-inputs.ts'

/** Turns inputs into a body and has it computed. A protocol provides this. See `protocols/predict/offer-example.ts`. */
export type OfferExample = (
  view: ModelView,
  candidates: readonly Tensors[],
  run: (request: RunRequest) => Promise<Tensors>,
) => Promise<OfferedExample>

interface Candidates {
  readonly session: Session
  readonly view: ModelView
  /** Rows that the model is known to compute. They are tried after the sample inputs. */
  readonly realRows: readonly Tensors[]
}

/** Finds a body that the model computes, to show to people. */
export function findOfferedExample(
  { session, view, realRows }: Candidates,
  offer: OfferExample,
): Promise<OfferedExample> {
  return offer(view, [...readableInputs(view), ...realRows], ({ inputs, outputs }) => session.run(inputs, outputs))
}

/** Sample inputs for people. Zeros are the easiest to read. Varied numbers are for measuring, and come last. */
function readableInputs(view: ModelView): Tensors[] {
  const { sample } = view
  try {
    if (!sample) return [buildSampleInputs(view, 1, 0)]
    const fills: readonly Fill[] = sample.fill === 'varied' ? ['zeros', 'ones', 'varied'] : [sample.fill]
    return fills.map((fill) => buildSampleInputs({ ...view, sample: { ...sample, fill } }, 1, 0))
  } catch {
    return []
  }
}
