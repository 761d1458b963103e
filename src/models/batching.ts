import type { ModelView } from '../core/model-view.ts'
import type { Session } from '../runtime/runtime.ts'
import { calibrate } from '../scheduling/calibration.ts'
import type { Calibration } from '../scheduling/calibration.ts'
import type { BatchPolicy } from '../scheduling/scheduler.ts'
import { makeInputs } from './made-up-inputs.ts'
import type { ModelPackage } from './package.ts'

/** How requests of a model are joined, and why. */
export type Batching = BatchPolicy & Pick<Calibration, 'reason' | 'measured'>

/** Warms a model up and decides how its requests are joined: model.json has the last word, where joining is possible. */
export async function chooseBatching(
  session: Session,
  view: ModelView,
  asked: ModelPackage['batching'],
): Promise<Batching> {
  const settings = typeof asked === 'object' ? asked : {}
  const maxDelayMs = settings.maxDelayMs ?? 0
  const obstacle = asked === false ? 'model.json forbids it' : findObstacle(view)
  if (obstacle !== undefined) {
    await warmUp(session, view)
    return { maxBatchSize: 1, maxDelayMs: 0, reason: obstacle, measured: [] }
  }
  const run = session.run.bind(session)
  const calibration = await calibrate(run, (rows, seed) => makeInputs(view, rows, seed))
  if (settings.maxBatchSize === undefined) return { ...calibration, maxDelayMs }
  return { ...calibration, maxDelayMs, maxBatchSize: settings.maxBatchSize, reason: 'model.json says so' }
}

/** Why requests of this model can never be joined, as far as its signature tells. */
function findObstacle({ signature: { inputs, outputs } }: ModelView): string | undefined {
  const fixed = inputs.find(({ shape }) => shape[0] !== -1)
  if (fixed) return `axis 0 of input ${fixed.name} is fixed or unknown`
  const stray = outputs.find(({ shape }) => shape[0] !== -1)
  return stray && `axis 0 of output ${stray.name} does not follow the batch`
}

async function warmUp(session: Session, view: ModelView): Promise<void> {
  // Values that are made up may be none that this model can compute; the first request then warms it up.
  await session.run(makeInputs(view, 1, 0)).catch(() => undefined)
}
