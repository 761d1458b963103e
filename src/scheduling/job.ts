import type { Cancellation } from '../core/cancellation.ts'
import { ServingError } from '../core/errors.ts'
import { rowsOf } from '../core/tensor.ts'
import { bytesOf } from './joining.ts'
import type { InferenceRequest, InferenceResult } from '../core/inference.ts'

/** An accepted request that waits for its answer. */
export interface Job {
  readonly request: InferenceRequest
  readonly rows: number
  readonly bytes: number
  readonly acceptedAt: number
  readonly cancellation: Cancellation | undefined
  /** True if it may not be joined, because a joined run that it was part of has failed. */
  isAlone: boolean
  /** Its neighbours in the queue. */
  previous: Job | undefined
  next: Job | undefined
  readonly resolve: (result: InferenceResult) => void
  readonly reject: (error: unknown) => void
}

/** Makes a job that is accepted now. */
export function createJob(
  request: InferenceRequest,
  cancellation: Cancellation | undefined,
  resolve: Job['resolve'],
  reject: Job['reject'],
): Job {
  const { inputs } = request
  return {
    request,
    rows: rowsOf(inputs),
    bytes: bytesOf(inputs),
    acceptedAt: performance.now(),
    cancellation,
    isAlone: false,
    previous: undefined,
    next: undefined,
    resolve,
    reject,
  }
}

/** The error for a client that left while it waited. */
export function cancelled(): ServingError {
  return new ServingError('CANCELLED', 'the client went away before its turn')
}

/** The error for a request that was not computed in time. */
export function deadlineExceeded(): ServingError {
  return new ServingError(
    'DEADLINE_EXCEEDED',
    'the deadline passed before the request had its turn; it was not computed',
  )
}
