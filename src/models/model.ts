import type { Cancellation } from '../core/cancellation.ts'
import type { Example } from '../core/example.ts'
import type { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import { writeLabels } from '../core/model-view.ts'
import type { ExampleGaps, ModelView, NanPolicy } from '../core/model-view.ts'
import { NameIndex } from '../core/name-index.ts'
import { hasBatchAxis } from '../core/signature.ts'
import type { Tensors } from '../core/tensor.ts'
import type { Statistics } from '../core/statistics.ts'
import type { ModelFileInfo } from '../onnx/model-file.ts'
import type { Session } from '../runtime/runtime.ts'
import type { QueueLimits } from '../scheduling/queue.ts'
import { checkKeys, nameByLabels, toKnownLabels, toOutputs } from './answers.ts'
import { chooseBatching } from './batching.ts'
import type { Batching } from './batching.ts'
import { maxRunRowsOf, toScoringView } from './cutting.ts'
import { chooseExecution } from './execution.ts'
import type { Computing, Execution } from './execution.ts'
import { readFeatureNames } from './feature-names.ts'
import { toFeatures } from './features.ts'
import { fileWarnings } from './file-warnings.ts'
import { findExample } from './find-example.ts'
import type { OfferExample } from './find-example.ts'
import { findInputs } from './find-inputs.ts'
import { readFirstAnswer } from './first-answer.ts'
import { createLanes } from './lanes.ts'
import type { LaneOptions } from './lanes.ts'
import { toLimits } from './limits.ts'
import { toDefaultRule } from './missing-rules.ts'
import type { ModelPackage } from './package.ts'
import { toNetworkClassifier } from './network-classifier.ts'
import { StatisticsKeeper } from './statistics.ts'
import { classCount, toTask } from './task.ts'
import { choosingLabels, withThreshold } from './threshold.ts'
import { leftOutTexts } from './unsupported-outputs.ts'
import { toRanges } from './value-ranges.ts'

/** A model that is being served. */
export interface Model {
  readonly view: ModelView
  readonly example: Example
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
  readonly statistics: Statistics
  /** Refuses in constant time what `infer` would refuse anyway, so that no body is decoded in vain. */
  checkRoom(): void
  /** Answers in turn; see `Scheduler.submit` for the errors. Takes ownership of the request's buffers. */
  infer(request: InferenceRequest, cancellation?: Cancellation): Promise<InferenceResult>
  /** Answers everything that was accepted with an error: for a process that is about to end. */
  abandon(error: ServingError): void
  /** Answers what was accepted, then frees the session. */
  close(): Promise<void>
}

export interface ModelOptions extends QueueLimits, Pick<LaneOptions, 'maxRunMs'> {
  readonly name: string
  readonly version: string
  readonly description: ModelPackage
  /** The server's limit on rows in one request; the model's own may be lower. */
  readonly maxRows: number
  readonly jsonNan: NanPolicy
  /** Called with what turns out to be wrong while the model is served. */
  readonly onWarning: (text: string) => void
  /** Features that are missing in some of these rows. */
  readonly exampleGaps: ExampleGaps
  /** Rows that the model is known to compute, each as inputs of its own. */
  readonly exampleRows: (view: ModelView) => readonly Tensors[]
  readonly offerExample: OfferExample
  /** Loads the model on the calling thread. */
  readonly openInline: () => Promise<Session>
  /** What the file says of itself. */
  readonly info: ModelFileInfo
  /** Its size, with the weights beside it. */
  readonly fileBytes: number
}

/**
 * Joins a session with its description and a scheduler, warms it up and measures how to batch.
 *
 * @throws Error when the description does not fit the model.
 */
export async function createModel(session: Session, options: ModelOptions): Promise<Model> {
  const { view, warnings } = await toCheckedView(session, options)
  const { info, description } = options
  const realRows = options.exampleRows(view)
  const example = await findExample(session, view, realRows, options.offerExample)
  let batching = await chooseBatching(session, { view, proof: info.rows, realRows, asked: description.batching })
  const { execution, inline } = await toComputing(session, options, view, batching)
  const scoringView = toScoringView(view)
  const limits = toLimits(options, options.description.limits, batching, session.parallelism)
  const statistics = new StatisticsKeeper(hasBatchAxis(view.signature))
  const scheduler = createLanes(session, inline, statistics, {
    ...batching,
    ...limits,
    maxRunRows: () => maxRunRowsOf(view, batching, options.description.batching),
    onUnjoinable: (reason) => {
      batching = { ...batching, maxBatchSize: 1, reason, isIndependent: false }
      options.onWarning(`requests are not joined any more: ${reason}`)
    },
  })
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
    statistics,
    get warnings() {
      return [...session.warnings, ...warnings]
    },
    checkRoom: () => statistics.observeRefusal(() => scheduler.checkRoom()),
    infer: choosingLabels((...request) => statistics.observe(scheduler.submit(...request)), view),
    abandon: (error) => scheduler.abandon(error),
    async close() {
      await scheduler.drain()
      await inline?.session.dispose()
      await session.dispose()
    },
  }
}

/** What a protocol sees of the model, as far as its own answers confirm it, and what of the file cannot be served. */
async function toCheckedView(session: Session, options: ModelOptions): Promise<Pick<Model, 'view' | 'warnings'>> {
  const { info, description } = options
  const known = toView(session, options)
  const declared = { ...known, ...(await findInputs(session, known)) }
  const labelsFrom = description.labels ? 'model.json' : info.labels?.isCertain ? 'the file' : 'a guess'
  const { labels, labelIndex, warnings, ...found } = await readFirstAnswer(session, declared, labelsFrom)
  const task = withThreshold(found.task, labels, description.threshold)
  return {
    view: { ...declared, task, labels, labelIndex, ...writeLabels(labels) },
    warnings: [
      ...warnings,
      ...fileWarnings(session, info, description),
      ...leftOutTexts(session.signature, info, session.unsupportedOutputs),
    ],
  }
}

function toComputing(session: Session, options: ModelOptions, view: ModelView, batching: Batching): Promise<Computing> {
  const { harmless, rows } = options.info
  const traits = { harmless, rows, bytes: options.fileBytes }
  return chooseExecution(session, options.openInline, traits, view, batching, options.description.execution)
}

function toView({ signature }: Session, options: ModelOptions): ModelView {
  const { name, version, description, maxRows, info } = options
  const toDefault = toDefaultRule(signature, info.missing, options.exampleGaps)
  const features = toFeatures(signature, description.features, readFeatureNames(info.metadata), toDefault)
  const chosen = toOutputs(signature.outputs, info.fileNames, description.outputs)
  const byType = toTask(chosen.map(({ tensor }) => signature.outputs.find((spec) => spec.name === tensor)!))
  const task = toNetworkClassifier(byType, signature.outputs, info, description)
  const outputs = nameByLabels(chosen, signature.outputs, task, description)
  checkKeys(outputs, task)
  const known = toKnownLabels(info.labels?.classes, description.labels, task, classCount(signature, task))
  return {
    name,
    version,
    ...(description.description !== undefined && { description: description.description }),
    signature,
    features,
    featureIndex: new NameIndex(features.map((feature) => feature.name)),
    inputIndex: new NameIndex(signature.inputs.map((input) => input.name)),
    ranges: toRanges(features, description.outOfRange),
    textRules: description.misreadText === 'allow' ? [] : info.textRules,
    task,
    fileNames: info.fileNames,
    outputs,
    ...known,
    ...writeLabels(known.labels),
    ignoresUnknown: description.unknownFeatures === 'ignore',
    jsonNan: options.jsonNan,
    maxRows: Math.min(maxRows, description.limits?.maxRows ?? maxRows),
  }
}
