import type { ExampleGaps } from '../core/feature.ts'
import type { ModelView } from '../core/model-view.ts'
import type { NanPolicy } from '../core/nan-policy.ts'
import type { Observer } from '../core/observer.ts'
import type { Tensors } from '../core/tensor.ts'
import type { ModelFileInfo } from '../onnx/model-file.ts'
import type { QueueLimits } from '../scheduling/waiting-room.ts'
import type { OfferExample } from './tuning/offered-example.ts'
import type { ModelSchedulerOptions } from './model-scheduler.ts'
import type { ModelJson } from './files/model-json.ts'

export interface ModelOptions extends QueueLimits, Pick<ModelSchedulerOptions, 'maxRunMs'> {
  readonly name: string
  readonly version: string
  readonly modelJson: ModelJson
  /** The server's limit on rows in one request; the model's own may be lower. */
  readonly maxRows: number
  readonly maxAnswerBytes: number
  readonly jsonNan: NanPolicy
  readonly observer: Required<Observer>
  /** Called with what turns out to be wrong while the model is served. */
  readonly onWarning: (text: string) => void
  /** Features that are missing in some of these rows. */
  readonly exampleGaps: ExampleGaps
  /** Rows that the model is known to compute, each as inputs of its own. */
  readonly exampleRows: (view: ModelView) => readonly Tensors[]
  readonly offerExample: OfferExample
  /** What the file says of itself. */
  readonly info: ModelFileInfo
  /** Its size, with the weights beside it. */
  readonly fileBytes: number
}
