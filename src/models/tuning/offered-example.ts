import type { OfferedExample } from '../../core/offered-example.ts'
import type { RunRequest } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { Session } from '../../runtime/runtime.ts'
import { buildSampleInputs } from './sample-inputs.ts'

/** Turns inputs into a body, and has it computed. See `protocols/offer-example.ts`. */
export type OfferExample = (
  view: ModelView,
  candidates: readonly Tensors[],
  run: (request: RunRequest) => Promise<Tensors>,
) => Promise<OfferedExample>

/**
 * Finds a body that the model computes, to show to people.
 *
 * @param realRows Rows that the model is known to compute; used where nothing made up is.
 */
export function findOfferedExample(
  session: Session,
  view: ModelView,
  realRows: readonly Tensors[],
  offer: OfferExample,
): Promise<OfferedExample> {
  return offer(view, [...madeUpInputs(view), ...realRows], ({ inputs, outputs }) => session.run(inputs, outputs))
}

function madeUpInputs(view: ModelView): Tensors[] {
  const { sample } = view
  try {
    if (!sample) return [buildSampleInputs(view, 1, 0)]
    // Zeros are the easiest to read, and varied numbers are for measuring.
    const fills = sample.fill === 'varied' ? (['zeros', 'ones', 'varied'] as const) : [sample.fill]
    return fills.map((fill) => buildSampleInputs({ ...view, sample: { ...sample, fill } }, 1, 0))
  } catch {
    return []
  }
}
