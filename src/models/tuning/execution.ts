import type { RunRequest } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import { rowsOf } from '../../core/tensor.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { Proof } from '../../onnx/proof.ts'
import type { Session } from '../../runtime/runtime.ts'
import { timeRuns } from '../../scheduling/calibration.ts'
import { bytesOf } from '../../scheduling/joining.ts'
import type { Batching } from './batching.ts'
import { buildSampleInputs } from './sample-inputs.ts'
import type { ModelJson } from '../files/model-json.ts'

/** Where a model is computed, and why. */
export interface Execution {
  /** `inline`: small runs in the process that listens, the others in workers. */
  readonly mode: 'inline' | 'workers'
  readonly reason: string
}

export interface FileTraits {
  /** That its operators can neither crash, nor loop, nor allocate by value. */
  readonly harmless: Proof
  /** That rows keep apart: what a run takes then grows with its rows, and not with their square. */
  readonly rows: Proof
  /** Its size, with the weights beside it. */
  readonly bytes: number
}

/** How small runs are computed in the process that listens. */
export interface InlineComputing {
  readonly session: Session
  /** Most rows of a run. */
  readonly maxRows: number
  /** Whether a request may be part of such a run. */
  readonly isSmall: (request: RunRequest) => boolean
}

export interface Computing {
  readonly execution: Execution
  /** Nothing where all runs go to workers. */
  readonly inline: InlineComputing | undefined
}

// A run in the process that listens holds up everything else: it must be over before anyone notices.
const MAX_INLINE_MS = 0.5
// Loading a file holds up everything as well, and the weights are held once more.
export const MAX_INLINE_FILE_BYTES = 4 * 2 ** 20
// What takes longer by way of a worker is not tried inline.
const MAX_LOOK_MS = 5
// The choice must be the same on every start, also on a busy machine.
const MORE_TRIES = 5
// The cost of a text grows with its length, whatever was measured; of all that are in one run.
const MAX_INLINE_TEXT = 2 ** 17

/**
 * Decides where a model is computed: in the process that listens only where its graph is proven to do no harm there, and
 * its runs were measured to be short. The choice does not depend on how long the way to a worker takes, which varies from
 * start to start. model.json may say otherwise.
 *
 * @param openInline Loads the model in the process that listens.
 * @param file What of the file speaks for workers.
 */
export async function chooseExecution(
  openInline: () => Promise<Session>,
  file: FileTraits,
  view: ModelView,
  batching: Batching,
  asked: ModelJson['execution'],
): Promise<Computing> {
  const [single] = batching.measured
  const obstacle = findObstacle(file, view, single, asked)
  if (obstacle !== undefined) return onWorkers(obstacle)

  const inline = await openInline()
  const measured = await measureInline(inline, view, batching)
  const { rows, ms } = measured[0] ?? { rows: 1, ms: 0 }
  const maxRows = measured.findLast((each) => each.ms <= MAX_INLINE_MS)?.rows ?? rows
  const figures = `a run takes ${round(ms)} ms`
  if (asked !== 'inline' && ms > MAX_INLINE_MS) {
    await inline.dispose()
    return onWorkers(figures)
  }
  const maxText = MAX_INLINE_TEXT / Math.min(maxRows, batching.maxBatchSize)
  return {
    execution: {
      mode: 'inline',
      reason: asked === 'inline' ? 'model.json says so' : `${figures}, and no request can do harm`,
    },
    inline: { session: inline, maxRows, isSmall: (request) => isSmall(request, maxRows, maxText) },
  }
}

function onWorkers(reason: string): Computing {
  return { execution: { mode: 'workers', reason }, inline: undefined }
}

function findObstacle(
  { harmless, rows, bytes }: FileTraits,
  { signature }: ModelView,
  single: Batching['measured'][number] | undefined,
  asked: ModelJson['execution'],
): string | undefined {
  if (asked === 'inline') return undefined
  if (asked === 'workers') return 'model.json says so'
  if (!single) return 'its runs could not be measured'
  if (single.ms > MAX_LOOK_MS) return `a run takes ${round(single.ms)} ms`
  if (!harmless.isProven) return `a request might end or hold up the server (${harmless.reason})`
  if (!rows.isProven) return `the graph does not prove that rows keep apart (${rows.reason})`
  if (bytes > MAX_INLINE_FILE_BYTES) return `its file has ${Math.round(bytes / 1e6)} MB`
  const free = signature.inputs.find(({ shape }) => shape.length === 0 || shape.slice(1).includes(-1))
  return free && `input ${free.name} is free in more than its rows`
}

/** The sizes that were measured in a worker, measured again; empty where made-up values cannot be computed. */
async function measureInline(
  inline: Session,
  view: ModelView,
  { measured, maxBatchSize }: Batching,
): Promise<Batching['measured']> {
  const run = (inputs: Tensors): Promise<Tensors> => inline.run(inputs)
  const make = (rows: number, seed: number): Tensors => buildSampleInputs(view, rows, seed)
  const sizes: { rows: number; ms: number }[] = []
  for (const { rows } of measured) {
    if (rows > maxBatchSize) break
    // The first run allocates; it is not counted.
    await timeRuns(run, make, rows, 1)
    sizes.push({ rows, ms: await timePatiently(() => timeRuns(run, make, rows)) })
  }
  return sizes
}

/** Other programs on the machine only add to the time of a run. So a run that seems a little too long is measured again. */
async function timePatiently(measure: () => Promise<number>): Promise<number> {
  let ms = await measure()
  for (let left = MORE_TRIES; left > 0 && ms > MAX_INLINE_MS && ms < MAX_LOOK_MS; left--) {
    ms = Math.min(ms, await measure())
  }
  return ms
}

function isSmall({ inputs }: RunRequest, maxRows: number, maxText: number): boolean {
  if (rowsOf(inputs) > maxRows) return false
  // Some operators of the runtime do not stand an axis of size 0.
  for (const { shape } of inputs.values()) if (shape.includes(0)) return false
  for (const { data } of inputs.values()) if (Array.isArray(data)) return bytesOf(inputs) <= maxText
  return true
}

function round(value: number): number {
  return Number(value.toPrecision(2))
}
