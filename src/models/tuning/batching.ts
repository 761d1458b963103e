import type { ModelView } from '../../core/model-view.ts'
import { isRowByRow } from '../../core/signature.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { Proof } from '../../onnx/proof.ts'
import type { Session } from '../../runtime/runtime.ts'
import { calibrate } from '../../scheduling/calibration.ts'
import type { Calibration } from '../../scheduling/calibration.ts'
import type { BatchPolicy } from '../../scheduling/scheduler.ts'
import type { ModelJson } from '../files/model-json.ts'
import { buildSampleInputs } from './sample-inputs.ts'

/** The rules by which requests of a model are joined. */
export type Batching = BatchPolicy &
  Pick<Calibration, 'reason' | 'measured'> & {
    /** True if other rows in a run do not change the answer to a row. Rows may then be joined and cut. */
    readonly isIndependent: boolean
  }

export interface BatchingOptions {
  readonly view: ModelView
  /** The proof that rows are independent. */
  readonly proof: Proof
  /** Rows that the model is known to compute, each as inputs of its own; empty if there are fewer than two. */
  readonly realRows: readonly Tensors[]
  readonly asked: ModelJson['batching']
}

// If nobody sets the length of the queue, it holds as many requests as are computed in this time.
const QUEUE_MS = 100
const [MIN_QUEUED, MAX_QUEUED] = [64, 1024]

/**
 * Warms a model up and decides how its requests are joined. They are joined only if the graph proves that rows are
 * independent, or if model.json says so. Measurements choose the size of a batch. A difference between a batch and
 * single runs always forbids joining.
 */
export async function chooseBatching(session: Session, options: BatchingOptions): Promise<Batching> {
  const { view, proof, realRows, asked } = options
  await warmUp(session, view)
  const settings = typeof asked === 'object' ? asked : {}
  const isForced = asked === true || settings.force === true
  const unproven = isForced || proof.isProven ? undefined : unprovenText(proof.reason)
  const obstacle = asked === false ? 'model.json forbids it' : (fixedAxisText(view) ?? unproven)
  const { difference, ...calibration } = await calibrate(
    (inputs) => session.run(inputs),
    (rows, seed) => buildSampleInputs(view, rows, seed),
    obstacle,
    realRows,
  )
  // Users who forbid joining may know something that no proof sees. So their rows are not cut either.
  const isIndependent = obstacle === undefined && difference === undefined
  if (!isIndependent) return { ...calibration, maxDelayMs: 0, isIndependent }
  const { maxBatchSize, maxDelayMs = 0 } = settings
  if (maxBatchSize === undefined) return { ...calibration, maxDelayMs, isIndependent }
  return { ...calibration, maxDelayMs, isIndependent, maxBatchSize, reason: 'model.json says so' }
}

function unprovenText(reason: string): string {
  return `the graph does not prove that rows keep apart (${reason}); if you know that they do, set "batching": true in model.json`
}

/** Chooses how many requests may wait: as many as are computed in a tenth of a second, from 64 to 1024. */
export function chooseMaxQueued({ measured, maxBatchSize }: Batching, parallelism: number): number {
  const run = measured.findLast(({ rows }) => rows <= maxBatchSize)
  const inTime = run === undefined ? MIN_QUEUED : (QUEUE_MS * parallelism * run.rows) / run.ms
  return Math.max(MIN_QUEUED, Math.min(MAX_QUEUED, Math.ceil(inTime)))
}

/** Returns the most rows in one run. A request with more rows is cut. undefined: no request may be cut. */
export function maxRunRowsOf(view: ModelView, batching: Batching, asked: ModelJson['batching']): number | undefined {
  if (isRowByRow(view.signature)) return 1
  if (!batching.isIndependent) return undefined
  const most = typeof asked === 'object' ? (asked.maxBatchSize ?? 1) : 1
  // A size of 1 only says that requests are not joined.
  return most > 1 ? Math.min(most, view.maxRows) : view.maxRows
}

/** Requests can only be joined along a free axis 0. */
function fixedAxisText({ signature: { inputs } }: ModelView): string | undefined {
  const fixed = inputs.find(({ shape }) => shape[0] !== -1)
  return fixed && `axis 0 of input ${fixed.name} is fixed or unknown`
}

/** Each worker computes once, because the first run allocates memory and is slow. */
async function warmUp(session: Session, view: ModelView): Promise<void> {
  const runs = Array.from({ length: session.parallelism }, async () => session.run(buildSampleInputs(view, 1, 0)))
  // The model may not be able to compute sample inputs. The first request then warms it up.
  await Promise.allSettled(runs)
}
