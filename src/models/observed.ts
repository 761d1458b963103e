import { ServingError } from '../core/errors.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { InferenceResult, RunRequest } from '../core/inference.ts'
import type { ModelObserver } from '../core/observer.ts'
import { rowsOf } from '../core/tensor.ts'
import type { Run, Scheduler } from '../scheduling/scheduler.ts'

/** Wraps a scheduler. The observer hears how each request ends, and which requests are refused before they are decoded. */
export function observeRequests(
  scheduler: Scheduler,
  observer: ModelObserver,
): Pick<Scheduler, 'submit' | 'checkRoom'> {
  return {
    async submit(request, cancellation): Promise<InferenceResult> {
      const startedAt = performance.now()
      try {
        const result = await scheduler.submit(request, cancellation)
        observer.completed(result.timings)
        return result
      } catch (error) {
        observer.failed(codeOf(error), performance.now() - startedAt)
        throw error
      }
    },
    checkRoom() {
      try {
        scheduler.checkRoom()
      } catch (error) {
        if (error instanceof ServingError) observer.refused(error.code)
        throw error
      }
    },
  }
}

/** Computes requests, and calls `onStart` when a worker takes them. */
export type ObservableRun = (requests: readonly RunRequest[], onStart: () => void) => ReturnType<Run>

/**
 * Wraps a function that computes requests. The observer hears of each request as one run.
 *
 * @param hasRows True if the model has a batch axis. Without one, a request counts as one row.
 */
export function observeRuns(run: ObservableRun, hasRows: boolean, observer: ModelObserver): Run {
  return async (requests) => {
    let startedAt: number | undefined
    const results = await run(requests, () => {
      startedAt = performance.now()
    })
    // No worker could be started, so nothing was run.
    if (startedAt === undefined) return results
    const ms = (performance.now() - startedAt) / requests.length
    for (const { inputs } of requests) observer.ran(hasRows ? rowsOf(inputs) : 1, ms)
    return results
  }
}

function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof ServingError ? error.code : undefined
}
