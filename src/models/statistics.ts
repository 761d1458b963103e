import type { InferenceResult, RunRequest, Timings } from '../core/inference.ts'
import type { Count, Statistics } from '../core/model-statistics.ts'
import { rowsOf } from '../core/tensor.ts'
import type { Run } from '../scheduling/scheduler.ts'

interface MutableCount extends Count {
  count: number
  ms: number
}

/** Counts what really happened: requests as they end, runs as they are computed. */
export class StatisticsKeeper implements Statistics {
  readonly success: MutableCount = { count: 0, ms: 0 }
  readonly fail: MutableCount = { count: 0, ms: 0 }
  readonly queue: MutableCount = { count: 0, ms: 0 }
  readonly compute: MutableCount = { count: 0, ms: 0 }
  readonly runs = new Map<number, MutableCount>()
  rows = 0
  lastRequestAt = 0
  readonly #hasBatchAxis: boolean

  /** @param hasBatchAxis Whether a request has rows; each counts as one row where it has none. */
  constructor(hasBatchAxis: boolean) {
    this.#hasBatchAxis = hasBatchAxis
  }

  /** Counts a request that was accepted or refused just now, as it ends. */
  async observe(submitted: Promise<InferenceResult>): Promise<InferenceResult> {
    const startedAt = performance.now()
    try {
      const result = await submitted
      this.#succeeded(result.timings)
      return result
    } catch (error) {
      add(this.fail, performance.now() - startedAt)
      this.lastRequestAt = Date.now()
      throw error
    }
  }

  /** Counts a request that is refused before it is decoded. */
  observeRefusal(check: () => void): void {
    try {
      check()
    } catch (error) {
      add(this.fail, 0)
      this.lastRequestAt = Date.now()
      throw error
    }
  }

  #succeeded({ queueMs, computeMs }: Timings): void {
    add(this.success, queueMs + computeMs)
    add(this.queue, queueMs)
    add(this.compute, computeMs)
    this.lastRequestAt = Date.now()
  }

  /** The same runs, counted. @param run Calls `onStart` when a worker takes them. */
  counting(run: (requests: readonly RunRequest[], onStart: () => void) => ReturnType<Run>): Run {
    return async (requests) => {
      let startedAt = 0
      const results = await run(requests, () => {
        startedAt = performance.now()
      })
      const ms = (performance.now() - startedAt) / requests.length
      for (const request of requests) this.#ran(request, ms)
      return results
    }
  }

  #ran({ inputs }: Pick<RunRequest, 'inputs'>, ms: number): void {
    const rows = this.#hasBatchAxis ? rowsOf(inputs) : 1
    const counted = this.runs.get(rows) ?? { count: 0, ms: 0 }
    this.runs.set(rows, counted)
    add(counted, ms)
    this.rows += rows
  }
}

function add(counted: MutableCount, ms: number): void {
  counted.count++
  counted.ms += ms
}
