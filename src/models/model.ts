import type { Cancellation } from '../core/cancellation.ts'
import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import type { ModelView } from '../core/model-view.ts'
import type { Session } from '../runtime/runtime.ts'
import { createBatcher } from '../scheduling/batcher.ts'
import type { QueueLimits } from '../scheduling/queue.ts'
import type { SchedulerOptions } from '../scheduling/scheduler.ts'
import { chooseBatching } from './batching.ts'
import type { Batching } from './batching.ts'
import { toFeatures } from './features.ts'
import { readFirstAnswer } from './first-answer.ts'
import type { ModelPackage } from './package.ts'
import { toTask } from './task.ts'

/** A model that is being served. */
export interface Model {
  readonly view: ModelView
  /** Texts on what of the file cannot be served, for whoever deploys it. */
  readonly warnings: readonly string[]
  /** How its requests are joined, and what was measured. */
  readonly batching: Batching
  /** A run goes on for longer than it may; new requests are refused. */
  readonly isStuck: boolean
  /** Refuses in constant time what `infer` would refuse anyway, so that no body is decoded in vain. */
  checkRoom(): void
  /** Answers in turn; see `Scheduler.submit` for the errors. Takes ownership of the request's buffers. */
  infer(request: InferenceRequest, cancellation?: Cancellation): Promise<InferenceResult>
  /** Answers what was accepted, then frees the session. */
  close(): Promise<void>
}

export interface ModelOptions extends QueueLimits, Pick<SchedulerOptions, 'maxRunMs' | 'onStuck'> {
  readonly name: string
  readonly version: string
  readonly description: ModelPackage
  /** The server's limit on rows in one request; the model's own may be lower. */
  readonly maxRows: number
}

/**
 * Joins a session with its description and a scheduler, warms it up and measures how to batch.
 *
 * @throws Error when the description does not fit the model.
 */
export async function createModel(session: Session, options: ModelOptions): Promise<Model> {
  const declared = toView(session, options)
  const { task, warnings } = await readFirstAnswer(session, declared)
  const view: ModelView = { ...declared, task }
  const { limits, batching: asked } = options.description
  const batching = await chooseBatching(session, view, asked)
  const scheduler = createBatcher((inputs, outputs) => session.run(inputs, outputs), {
    ...batching,
    parallelism: session.parallelism,
    maxQueued: limits?.maxQueued ?? options.maxQueued,
    maxQueuedRows: limits?.maxQueuedRows ?? options.maxQueuedRows,
    maxRunMs: limits?.maxRunMs ?? options.maxRunMs,
    onStuck: options.onStuck,
  })
  return {
    view,
    batching,
    get isStuck() {
      return scheduler.isStuck
    },
    warnings: [...warnings, ...session.unsupportedOutputs.map(unsupportedText)],
    checkRoom: () => scheduler.checkRoom(),
    infer: (request, cancellation) => scheduler.submit(request, cancellation),
    async close() {
      await scheduler.drain()
      await session.dispose()
    },
  }
}

function unsupportedText(name: string): string {
  return `output ${name} is no tensor and is not served; where ZipMap makes it, export with options={"zipmap": False}`
}

function toView({ signature }: Session, { name, version, description, maxRows }: ModelOptions): ModelView {
  const features = toFeatures(signature, description.features)
  const task = toTask(signature)
  const labels = description.labels ?? []
  const classes = signature.outputs.find((output) => task.kind === 'classifier' && output.name === task.probabilities)
  const count = classes?.shape[1] ?? -1
  if (labels.length > 0 && !classes) throw new Error('model.json: has labels, but the model is no classifier')
  if (labels.length > 0 && count !== -1 && count !== labels.length) {
    throw new Error(`model.json: has ${labels.length} labels, but the model has ${count} classes`)
  }
  return {
    name,
    version,
    ...(description.description !== undefined && { description: description.description }),
    signature,
    features,
    featureIndex: new Map(features.map((feature, index) => [feature.name, index])),
    task,
    labels,
    maxRows: Math.min(maxRows, description.limits?.maxRows ?? maxRows),
  }
}
