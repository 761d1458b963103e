import { minRowBytes } from '../models/meaning/scoring-view.ts'
import type { Model } from '../models/model.ts'

const MEBIBYTE = 2 ** 20
const MAX_CONCURRENT = 8

export interface ExecutionParameters {
  readonly MaxConcurrentTransforms: number
  readonly BatchStrategy: 'MULTI_RECORD' | 'SINGLE_RECORD'
  readonly MaxPayloadInMB: number
}

/**
 * Tells the batch transform of SageMaker the bodies that it may send. No body has more rows than a request may have. Bodies
 * that are sent at once do not have more rows than may wait.
 *
 * @param model The model that answers, if one is ready.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html
 */
export function toExecutionParameters(model: Model | undefined, bodyLimitBytes: number): ExecutionParameters {
  const limit = Math.max(1, Math.floor(bodyLimitBytes / MEBIBYTE))
  const single = {
    MaxConcurrentTransforms: MAX_CONCURRENT,
    BatchStrategy: 'SINGLE_RECORD',
    MaxPayloadInMB: limit,
  } as const
  if (!model) return single
  const { maxRows } = model.scoringView
  const rowsPerMebibyte = MEBIBYTE / minRowBytes(model.scoringView)
  if (rowsPerMebibyte > maxRows) return single
  const payload = Math.min(limit, Math.floor(maxRows / rowsPerMebibyte))
  const waiting = Math.floor(model.maxQueuedRows / Math.ceil(payload * rowsPerMebibyte))
  return {
    MaxConcurrentTransforms: Math.max(1, Math.min(MAX_CONCURRENT, waiting)),
    BatchStrategy: 'MULTI_RECORD',
    MaxPayloadInMB: payload,
  }
}
