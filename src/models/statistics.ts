import type { ErrorCode } from '../core/errors.ts'
import type { Timings } from '../core/inference.ts'
import type { Count, Statistics } from '../core/model-statistics.ts'
import type { ModelView } from '../core/model-view.ts'
import type { ModelObserver, Observer } from '../core/observer.ts'

interface MutableCount extends Count {
  count: number
  ms: number
}

/** The observer that counts. It keeps the counts of a model as long as the view of the model is in use. */
export class StatisticsObserver implements Observer {
  readonly #models = new WeakMap<ModelView, ModelStatistics>()

  readonly ofModel = (view: ModelView): ModelObserver => {
    const statistics = new ModelStatistics()
    this.#models.set(view, statistics)
    return statistics
  }

  /** @param view The view of a loaded model. */
  readonly statisticsOf = (view: ModelView): Statistics => this.#models.get(view) ?? new ModelStatistics()
}

class ModelStatistics implements Statistics, ModelObserver {
  readonly success: MutableCount = { count: 0, ms: 0 }
  readonly fail: MutableCount = { count: 0, ms: 0 }
  readonly queue: MutableCount = { count: 0, ms: 0 }
  readonly compute: MutableCount = { count: 0, ms: 0 }
  readonly runs = new Map<number, MutableCount>()
  rows = 0
  lastRequestAt = 0

  refused(code: ErrorCode): void {
    this.failed(code, 0)
  }

  completed({ queueMs, computeMs }: Timings): void {
    add(this.success, queueMs + computeMs)
    add(this.queue, queueMs)
    add(this.compute, computeMs)
    this.lastRequestAt = Date.now()
  }

  failed(_code: ErrorCode | undefined, ms: number): void {
    add(this.fail, ms)
    this.lastRequestAt = Date.now()
  }

  ran(rows: number, ms: number): void {
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
