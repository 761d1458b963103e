import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import type { ModelView } from '../core/model-view.ts'

/** One protocol: from the wire to the core and back. It is pure and knows no transport. */
export interface Codec<Body, Request extends InferenceRequest, Reply> {
  /** @throws ServingError INVALID_INPUT that names the elements at fault. */
  decode(body: Body, model: ModelView): Request
  encode(result: InferenceResult, request: Request, model: ModelView): Reply
}
