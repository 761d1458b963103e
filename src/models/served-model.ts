import type { ServingError } from '../core/errors.ts'
import type { ModelView } from '../core/model-view.ts'
import { Breaker } from '../scheduling/breaker.ts'
import type { Scheduler } from '../scheduling/scheduler.ts'
import { choosingLabels } from './meaning/label-threshold.ts'
import { toScoringView } from './meaning/scoring-view.ts'
import type { Model } from './model.ts'
import type { ModelOptions } from './model-options.ts'
import { createModelScheduler } from './model-scheduler.ts'
import { observeRequests } from './observed.ts'
import type { Sessions } from './sessions.ts'
import { maxRunRowsOf } from './tuning/batching.ts'
import { tuneModel } from './tuned-model.ts'
import type { TunedModel } from './tuned-model.ts'

/**
 * Tries a model and makes it ready for requests.
 *
 * @throws Error if model.json does not fit the model. The caller frees the sessions then.
 */
export async function createModel(sessions: Sessions, options: ModelOptions): Promise<Model> {
  const tuned = await tuneModel(sessions, options)
  const { trial, workers } = sessions
  if (!tuned.inline && trial !== workers) await trial.dispose()
  return new ServedModel(workers, tuned, options)
}

class ServedModel implements Model {
  readonly view: Model['view']
  readonly example: Model['example']
  readonly info: Model['info']
  readonly execution: Model['execution']
  readonly maxQueued: number
  readonly maxQueuedRows: number
  readonly checkRoom: Model['checkRoom']
  readonly infer: Model['infer']
  #batching: Model['batching']
  readonly #scoringView: ModelView
  readonly #tuned: TunedModel
  readonly #workers: Sessions['workers']
  readonly #breaker: Breaker
  readonly #scheduler: Scheduler

  constructor(workers: Sessions['workers'], tuned: TunedModel, { info, modelJson, ...options }: ModelOptions) {
    const { view, inline, batching, limits } = tuned
    const observer = options.observer.ofModel(view)
    this.#tuned = tuned
    this.#workers = workers
    this.#batching = batching
    this.#scoringView = toScoringView(view)
    this.#breaker = new Breaker((seconds) =>
      options.onWarning(`its requests keep ending the process that computes it: it is paused for ${seconds} s`),
    )
    this.#scheduler = createModelScheduler(
      { workers, inline },
      {
        ...batching,
        ...limits,
        signature: view.signature,
        observer,
        breaker: this.#breaker,
        maxAnswerBytes: options.maxAnswerBytes,
        maxRunRows: () => maxRunRowsOf(view, this.#batching, modelJson.batching),
        onUnjoinable: (reason) => {
          this.#batching = { ...this.#batching, maxBatchSize: 1, reason, isIndependent: false }
          options.onWarning(`requests are not joined any more: ${reason}`)
        },
      },
    )
    const { submit, checkRoom } = observeRequests(this.#scheduler, observer)
    this.view = view
    this.example = tuned.example
    this.info = info
    this.execution = tuned.execution
    this.maxQueued = limits.maxQueued
    this.maxQueuedRows = limits.maxQueuedRows
    this.checkRoom = checkRoom
    this.infer = choosingLabels(submit, view)
  }

  get batching(): Model['batching'] {
    return this.#batching
  }

  get scoringView(): ModelView {
    return this.#batching.isIndependent ? this.#scoringView : this.view
  }

  get warnings(): readonly string[] {
    return [...this.#workers.warnings, ...this.#tuned.warnings]
  }

  get queued(): number {
    return this.#scheduler.queued
  }

  get isPaused(): boolean {
    return this.#breaker.isPaused
  }

  abandon(error: ServingError): void {
    this.#scheduler.abandon(error)
  }

  async close(): Promise<void> {
    await this.#scheduler.drain()
    await this.#tuned.inline?.session.dispose()
    await this.#workers.dispose()
  }
}
