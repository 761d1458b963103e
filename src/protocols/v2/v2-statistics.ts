import type { ModelView } from '../../core/model-view.ts'
import type { Count, Statistics } from '../../core/model-statistics.ts'

const NOTHING = { count: 0, ns: 0 }

/** Makes the statistics of a model for the statistics extension. Durations are in nanoseconds. */
export function v2Statistics({ name, version }: ModelView, statistics: Statistics): object {
  const { success, fail, queue, compute, rows, runs, lastRequestAt } = statistics
  const executions = Array.from(runs.values(), ({ count }) => count).reduce((sum, count) => sum + count, 0)
  return {
    name,
    version,
    last_inference: lastRequestAt,
    inference_count: rows,
    execution_count: executions,
    inference_stats: {
      success: toNs(success),
      fail: toNs(fail),
      queue: toNs(queue),
      // The transport reads and writes bodies. Its time is not counted here.
      compute_input: { ...NOTHING, count: compute.count },
      compute_infer: toNs(compute),
      compute_output: { ...NOTHING, count: compute.count },
      cache_hit: NOTHING,
      cache_miss: NOTHING,
    },
    batch_stats: Array.from(runs, ([size, run]) => ({
      batch_size: size,
      compute_input: { ...NOTHING, count: run.count },
      compute_infer: toNs(run),
      compute_output: { ...NOTHING, count: run.count },
    })),
  }
}

function toNs({ count, ms }: Count): { count: number; ns: number } {
  return { count, ns: Math.round(ms * 1e6) }
}
