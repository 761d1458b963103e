import type { ModelView } from '../core/model-view.ts'
import type { Tensors } from '../core/tensor.ts'
import type { Session } from '../runtime/runtime.ts'
import { calibrate } from '../scheduling/calibration.ts'
import type { Calibration } from '../scheduling/calibration.ts'
import type { BatchPolicy } from '../scheduling/scheduler.ts'
import { makeInputs } from './made-up-inputs.ts'
import type { ModelPackage } from './package.ts'

/** How requests of a model are joined, and why. */
export type Batching = BatchPolicy & Pick<Calibration, 'reason' | 'difference' | 'measured'>

// How long the queue may take to be worked off, where nobody says how long it may be.
const QUEUE_MS = 100
const [MIN_QUEUED, MAX_QUEUED] = [64, 1024]

/**
 * Warms a model up and decides how its requests are joined: model.json has the last word, where joining is possible.
 *
 * @param realRows Rows that the model is known to compute, where there are some.
 */
export async function chooseBatching(
  session: Session,
  view: ModelView,
  realRows: readonly Tensors[],
  asked: ModelPackage['batching'],
): Promise<Batching> {
  await warmUp(session, view)
  const settings = typeof asked === 'object' ? asked : {}
  const maxDelayMs = settings.maxDelayMs ?? 0
  const obstacle = asked === false ? 'model.json forbids it' : findObstacle(view)
  const calibration = await calibrate(
    (inputs) => session.run(inputs),
    (rows, seed) => makeInputs(view, rows, seed),
    obstacle,
    realRows,
  )
  if (obstacle !== undefined) return { ...calibration, maxDelayMs: 0 }
  const { maxBatchSize } = settings
  if (maxBatchSize === undefined) return { ...calibration, maxDelayMs }
  const although = calibration.difference === undefined ? '' : `, although ${calibration.difference}`
  return { ...calibration, maxDelayMs, maxBatchSize, reason: `model.json says so${although}` }
}

/** How many requests may wait: as many as are computed in a tenth of a second, within bounds. */
export function chooseMaxQueued({ measured, maxBatchSize }: Batching, parallelism: number): number {
  const run = measured.findLast(({ rows }) => rows <= maxBatchSize)
  const inTime = run === undefined ? MIN_QUEUED : (QUEUE_MS * parallelism * run.rows) / run.ms
  return Math.max(MIN_QUEUED, Math.min(MAX_QUEUED, Math.ceil(inTime)))
}

/** Why requests of this model can never be joined, as far as its signature tells. */
function findObstacle({ signature: { inputs, outputs } }: ModelView): string | undefined {
  const fixed = inputs.find(({ shape }) => shape[0] !== -1)
  if (fixed) return `axis 0 of input ${fixed.name} is fixed or unknown`
  const named = new Set(inputs.map(({ freeNames }) => freeNames?.[0]))
  if (named.size > 1) return `axis 0 has several names: ${[...named].map((name) => name ?? 'none').join(', ')}`
  const stray = outputs.find(({ shape }) => shape[0] !== -1)
  if (stray) return `axis 0 of output ${stray.name} does not follow the batch`
  const [batch] = named
  const other = outputs.find(({ freeNames }) => isOtherName(freeNames?.[0], batch))
  return other && `axis 0 of output ${other.name} is ${other.freeNames?.[0]}, that of the inputs ${batch}`
}

/** Whether two names of axes stand for different sizes. tf2onnx counts the axes that have no name. */
function isOtherName(name: string | undefined, batch: string | undefined): boolean {
  return [name, batch].every((each) => each !== undefined && !/^unk__\d+$/.test(each)) && name !== batch
}

/** Every thread computes once: a first run allocates and is slow. */
async function warmUp(session: Session, view: ModelView): Promise<void> {
  const runs = Array.from({ length: session.parallelism }, async () => session.run(makeInputs(view, 1, 0)))
  // Values that are made up may be none that this model can compute; the first request then warms it up.
  await Promise.allSettled(runs)
}
