import type { Cancellation } from '../core/cancellation.ts'
import type { OfferedExample } from '../core/offered-example.ts'
import type { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import type { ModelView } from '../core/model-view.ts'
import { hasBatchAxis } from '../core/signature.ts'
import type { ModelFileInfo } from '../onnx/model-file.ts'
import { Breaker } from '../scheduling/breaker.ts'
import { toCheckedView } from './meaning/checked-view.ts'
import type { ModelOptions } from './model-options.ts'
import { chooseBatching } from './tuning/batching.ts'
import type { Batching } from './tuning/batching.ts'
import { maxRunRowsOf, toScoringView } from './meaning/scoring-view.ts'
import { chooseExecution } from './tuning/execution.ts'
import type { Computing, Execution } from './tuning/execution.ts'
import { findOfferedExample } from './tuning/offered-example.ts'
import { createModelScheduler } from './model-scheduler.ts'
import { toLimits } from './tuning/limits.ts'
import type { Sessions } from './sessions.ts'
import { observeRequests } from './observed.ts'
import { choosingLabels } from './meaning/label-threshold.ts'

/** A model that is being served. */
export interface Model {
  readonly view: ModelView
  readonly example: OfferedExample
  /** Texts on what of the file cannot be served, for whoever deploys it. */
  readonly warnings: readonly string[]
  readonly info: ModelFileInfo
  /** How its requests are joined, and what was measured. */
  readonly batching: Batching
  readonly execution: Execution
  /** Requests that may wait, and their rows. */
  readonly maxQueued: number
  readonly maxQueuedRows: number
  /** The view for scoring servers, whose requests may have more rows. */
  readonly scoringView: ModelView
  /** Requests that wait now, without those that are being computed. */
  readonly queued: number
  /** Its requests keep ending workers; those that need one are refused for a while. */
  readonly isPaused: boolean
  /** Refuses in constant time what `infer` would refuse anyway, so that no body is decoded in vain. */
  checkRoom(): void
  /** Answers in turn; see `Scheduler.submit` for the errors. Takes ownership of the request's buffers. */
  infer(request: InferenceRequest, cancellation?: Cancellation): Promise<InferenceResult>
  /** Answers everything that was accepted with an error: for a process that is about to end. */
  abandon(error: ServingError): void
  /** Answers what was accepted, then frees the session. */
  close(): Promise<void>
}

/**
 * Joins the sessions of a model with its description and a scheduler, warms it up and measures how to batch.
 *
 * @throws Error when the description does not fit the model; whoever called frees the sessions then.
 */
export async function createModel(sessions: Sessions, options: ModelOptions): Promise<Model> {
  const { trial, workers } = sessions
  const { view, warnings } = await toCheckedView(trial, options)
  const { info, modelJson } = options
  const realRows = options.exampleRows(view)
  const example = await findOfferedExample(trial, view, realRows, options.offerExample)
  let batching = await chooseBatching(trial, { view, proof: info.rows, realRows, asked: modelJson.batching })
  const { execution, inline } = await toComputing(sessions, options, view, batching)
  if (!inline && trial !== workers) await trial.dispose()
  const scoringView = toScoringView(view)
  const limits = toLimits(options, options.modelJson.limits, batching, workers.parallelism)
  const observer = options.observer.ofModel(view)
  const breaker = new Breaker((seconds) =>
    options.onWarning(`its requests keep ending the process that computes it: it is paused for ${seconds} s`),
  )
  const scheduler = createModelScheduler(workers, inline, observer, {
    ...batching,
    ...limits,
    hasRows: hasBatchAxis(view.signature),
    breaker,
    maxAnswerBytes: options.maxAnswerBytes,
    maxRunRows: () => maxRunRowsOf(view, batching, options.modelJson.batching),
    onUnjoinable: (reason) => {
      batching = { ...batching, maxBatchSize: 1, reason, isIndependent: false }
      options.onWarning(`requests are not joined any more: ${reason}`)
    },
  })
  const { submit, checkRoom } = observeRequests(scheduler, observer)
  return {
    view,
    example,
    info: options.info,
    get batching() {
      return batching
    },
    execution,
    maxQueued: limits.maxQueued,
    maxQueuedRows: limits.maxQueuedRows,
    get scoringView() {
      return batching.isIndependent ? scoringView : view
    },
    get warnings() {
      return [...workers.warnings, ...warnings]
    },
    get isPaused() {
      return breaker.isPaused
    },
    get queued() {
      return scheduler.queued
    },
    checkRoom,
    infer: choosingLabels(submit, view),
    abandon: (error) => scheduler.abandon(error),
    async close() {
      await scheduler.drain()
      await inline?.session.dispose()
      await workers.dispose()
    },
  }
}

function toComputing(
  { openInline }: Sessions,
  options: ModelOptions,
  view: ModelView,
  batching: Batching,
): Promise<Computing> {
  const { harmless, rows } = options.info
  const traits = { harmless, rows, bytes: options.fileBytes }
  return chooseExecution(openInline, traits, view, batching, options.modelJson.execution)
}
