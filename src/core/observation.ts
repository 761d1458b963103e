import type { Timings } from './inference.ts'
import type { ModelView } from './model-view.ts'

/**
 * The facts about one request. It is filled on the way of the request through the server. The log line reads it at
 * the end. Fields stay undefined when the request ended before they were known. It never holds a value of a tensor.
 */
export interface Observation {
  /** The model that was found. */
  model?: ModelView
  /** Rows of the decoded request. */
  rows?: number
  timings?: Timings
}
