import type { InferenceRequest, InferenceResult } from '../../core/inference.ts'
import type { ExampleGaps } from '../../core/feature.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { OfferExample } from '../tuning/offered-example.ts'

/** Reads the examples that stand beside a model. */
export interface ExamplesJsonReader {
  /** Two of the rows, each as inputs of its own; none where there are no two. */
  readonly rows: (text: string, view: ModelView) => readonly Tensors[]
  /** Which features are missing in some row. @throws Error when the text has no examples. */
  readonly gaps: (text: string) => ExampleGaps
  /** Computes them. @throws Error with the first that is answered otherwise. */
  readonly check: (
    text: string,
    view: ModelView,
    infer: (request: InferenceRequest) => Promise<InferenceResult>,
  ) => Promise<void>
  /** Finds an example to show where there is one that the model computes. */
  readonly offer: OfferExample
}

/** What no examples show. */
export const NO_GAPS: ExampleGaps = { names: new Set(), positions: new Set() }
