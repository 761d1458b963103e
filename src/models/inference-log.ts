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

/** A log line; what is undefined is not logged. */
type Line = Record<string, string | number | undefined>

/** Adds to a request's line, never a value of a tensor. Spreading one object into another takes longer than decoding. */
export function addInference(line: Line, { model, inputs, timings }: InferenceLog): Line {
  line['model'] = model?.name
  line['version'] = model?.version
  line['rows'] = inputs && rowsOf(inputs)
  line['queueMs'] = timings && roundMs(timings.queueMs)
  line['computeMs'] = timings && roundMs(timings.computeMs)
  line['batchSize'] = timings?.batchSize
  return line
}

/** To microseconds. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000
}
