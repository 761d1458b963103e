import type { ModelView } from '../core/model-view.ts'
import type { InputProblems } from '../json/input-problems.ts'

/** A body that is being read. There is one for each request, and every decoder below the codec takes it. */
export interface Reading {
  readonly model: ModelView
  /** The length of the body's text. A text has fewer values than characters, so tensors need no more elements. */
  readonly textLength: number
  /** Decoders add problems here and continue, so that one answer names several problems. */
  readonly problems: InputProblems
}
