import type { ExampleGaps } from '../../core/feature.ts'
import type { InferenceRequest, InferenceResult } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'

/** Reads examples.json: rows with the answers of the original model. A protocol provides this. */
export interface ExamplesJsonReader {
  /** Reads two of the rows, each as inputs of its own. Returns an empty list if there are fewer than two. */
  readonly rows: (text: string, view: ModelView) => readonly Tensors[]
  /** Finds the features that are missing in some row. @throws Error if the text has no examples. */
  readonly gaps: (text: string) => ExampleGaps
  /** Computes all examples. @throws Error with the first example whose answer differs. */
  readonly check: (
    text: string,
    view: ModelView,
    infer: (request: InferenceRequest) => Promise<InferenceResult>,
  ) => Promise<void>
}

/** The gaps of a model without examples.json. */
export const NO_GAPS: ExampleGaps = { names: new Set(), positions: new Set() }
