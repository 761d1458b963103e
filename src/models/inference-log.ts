import type { Timings } from '../core/inference.ts'
import type { ModelView } from '../core/model-view.ts'
import { rowsOf } from '../core/tensor.ts'
import type { Tensors } from '../core/tensor.ts'

/** What a prediction adds to its request's log line, as far as it got. */
export interface InferenceLog {
  model?: ModelView
  inputs?: Tensors
  timings?: Timings
}

/** Never a value of a tensor. What is undefined is not logged. */
export function toLogFields({ model, inputs, timings }: InferenceLog): object {
  return {
    model: model?.name,
    version: model?.version,
    rows: inputs && rowsOf(inputs),
    queueMs: timings && roundMs(timings.queueMs),
    computeMs: timings && roundMs(timings.computeMs),
    batchSize: timings?.batchSize,
  }
}

/** To microseconds. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000
}
