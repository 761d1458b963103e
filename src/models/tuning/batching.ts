import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { Proof } from '../../onnx/proof.ts'
import type { Session } from '../../runtime/runtime.ts'
import { calibrate } from '../../scheduling/calibration.ts'
import type { Calibration } from '../../scheduling/calibration.ts'
import type { BatchPolicy } from '../../scheduling/scheduler.ts'
import { buildSampleInputs } from './sample-inputs.ts'
import type { ModelJson } from '../files/model-json.ts'

/** How requests of a model are joined, and why. */
export type Batching = BatchPolicy &
  Pick<Calibration, 'reason' | 'measured'> & {
    /** A row is answered alike whatever rows are in its run, as far as is known: rows may be joined, and cut apart. */
    readonly isIndependent: boolean
  }

export interface BatchingOptions {
  readonly view: ModelView
  /** What the graph proves of the rows. */
  readonly proof: Proof
  /** Rows that the model is known to compute, each as inputs of its own; none where there are no two. */
  readonly realRows: readonly Tensors[]
  readonly asked: ModelJson['batching']
}

// How long the queue may take to be worked off, where nobody says how long it may be.
const QUEUE_MS = 100
const [MIN_QUEUED, MAX_QUEUED] = [64, 1024]

/**
 * Warms a model up and decides how its requests are joined: only where the graph proves that rows keep apart, or model.json
 * says so. Measurements choose the size, and a difference between a batch and single runs forbids joining in any case.
 */
export async function chooseBatching(session: Session, options: BatchingOptions): Promise<Batching> {
  const { view, proof, realRows, asked } = options
  await warmUp(session, view)
  const settings = typeof asked === 'object' ? asked : {}
  const isForced = asked === true || settings.force === true
  const unproven = isForced || proof.isProven ? undefined : unprovenText(proof.reason)
  const obstacle = asked === false ? 'model.json forbids it' : (findObstacle(view) ?? unproven)
  const { difference, ...calibration } = await calibrate(
    (inputs) => session.run(inputs),
    (rows, seed) => buildSampleInputs(view, rows, seed),
    obstacle,
    realRows,
  )
  // Whoever forbids joining may know of what no proof sees, so rows are not cut apart either.
  const isIndependent = obstacle === undefined && difference === undefined
  if (!isIndependent) return { ...calibration, maxDelayMs: 0, isIndependent }
  const { maxBatchSize, maxDelayMs = 0 } = settings
  if (maxBatchSize === undefined) return { ...calibration, maxDelayMs, isIndependent }
  return { ...calibration, maxDelayMs, isIndependent, maxBatchSize, reason: 'model.json says so' }
}

function unprovenText(reason: string): string {
  return `the graph does not prove that rows keep apart (${reason}); if you know that they do, set "batching": true in model.json`
}

/** How many requests may wait: as many as are computed in a tenth of a second, within bounds. */
export function chooseMaxQueued({ measured, maxBatchSize }: Batching, parallelism: number): number {
  const run = measured.findLast(({ rows }) => rows <= maxBatchSize)
  const inTime = run === undefined ? MIN_QUEUED : (QUEUE_MS * parallelism * run.rows) / run.ms
  return Math.max(MIN_QUEUED, Math.min(MAX_QUEUED, Math.ceil(inTime)))
}

/** Why requests of this model can never be joined, as far as its signature tells. */
function findObstacle({ signature: { inputs } }: ModelView): string | undefined {
  const fixed = inputs.find(({ shape }) => shape[0] !== -1)
  return fixed && `axis 0 of input ${fixed.name} is fixed or unknown`
}

/** Every thread computes once: a first run allocates and is slow. */
async function warmUp(session: Session, view: ModelView): Promise<void> {
  const runs = Array.from({ length: session.parallelism }, async () => session.run(buildSampleInputs(view, 1, 0)))
  // Values that are made up may be none that this model can compute; the first request then warms it up.
  await Promise.allSettled(runs)
}
