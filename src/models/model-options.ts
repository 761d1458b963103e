import type { ExampleGaps } from '../core/feature.ts'
import type { ModelView } from '../core/model-view.ts'
import type { NanPolicy } from '../core/nan-policy.ts'
import type { Observer } from '../core/observer.ts'
import type { Tensors } from '../core/tensor.ts'
import type { ModelFileInfo } from '../onnx/model-file.ts'
import type { QueueLimits } from '../scheduling/waiting-room.ts'
import type { ModelJson } from './files/model-json.ts'
import type { OfferExample } from './tuning/find-offered-example.ts'

/** Options that are equal for all models of the server. `model.json` may lower or replace some limits. */
export interface ServerModelOptions extends QueueLimits {
  /** Most rows in one request. */
  readonly maxRows: number
  readonly maxAnswerBytes: number
  readonly jsonNan: NanPolicy
  /** The longest time of one run, in milliseconds. */
  readonly maxRunMs: number
  readonly observer: Required<Observer>
  readonly offerExample: OfferExample
}

export interface ModelOptions extends ServerModelOptions {
  readonly name: string
  readonly version: string
  readonly modelJson: ModelJson
  /** Called with a problem that does not stop the model. It may come up while the model is served. */
  readonly onWarning: (text: string) => void
  readonly exampleGaps: ExampleGaps
  /** Returns rows of examples.json, each as inputs of its own. The original model has answered them. */
  readonly realRows: (view: ModelView) => readonly Tensors[]
  /** The contents of the file, without its weights. */
  readonly info: ModelFileInfo
  /** Size of the file, with the weights beside it. */
  readonly fileBytes: number
}
