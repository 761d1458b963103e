import type { RunRequest } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import { rowsOf } from '../../core/tensor.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { Proof } from '../../onnx/proof.ts'
import type { Session } from '../../runtime/runtime.ts'
import { timeRuns } from '../../scheduling/calibration.ts'
import { bytesOf } from '../../scheduling/joining.ts'
import type { ModelJson } from '../files/model-json.ts'
import type { Batching } from './batching.ts'
import { buildSampleInputs } from './sample-inputs.ts'

/** The place where a model is computed. */
export interface Execution {
  /** `inline`: the listening process computes small runs, and workers compute the others. */
  readonly mode: 'inline' | 'workers'
  readonly reason: string
}

interface FileTraits {
  /** The proof that its operators can neither crash, nor loop, nor allocate memory by value. */
  readonly harmless: Proof
  /** The proof that rows are independent. The time of a run then grows with its rows, and not with their square. */
  readonly rows: Proof
  /** Size of the file, with the weights beside it. */
  readonly bytes: number
}

export interface ExecutionOptions {
  readonly file: FileTraits
  readonly view: ModelView
  readonly batching: Batching
  readonly asked: ModelJson['execution']
}

/** The session and the limits for small runs in the listening process. */
export interface InlineComputing {
  readonly session: Session
  /** Most rows in a run. */
  readonly maxRows: number
  /** Returns true if a request may be part of a small run. */
  readonly isSmall: (request: RunRequest) => boolean
}

export interface Computing {
  readonly execution: Execution
  /** undefined if workers compute all runs. */
  readonly inline: InlineComputing | undefined
}

// A run in the listening process delays every other request. The delay must be too short to matter.
const MAX_INLINE_MS = 0.5
// Loading a file delays everything as well, and the weights take memory once more.
export const MAX_INLINE_FILE_BYTES = 4 * 2 ** 20
// A run that took longer when the model was tried is not measured inline. A run between both limits may only seem too long,
// so it is measured again.
const MAX_WORKER_MS = 5
// A run that seems too long is measured this many times more. So the choice is the same on every start, also on a busy
// machine.
const MORE_TRIES = 5
// The cost of a text grows with its length, so measurements say little. If a run has texts, all its inputs together have
// at most this many bytes.
const MAX_INLINE_TEXT_BYTES = 2 ** 17

/**
 * Decides where a model is computed. The listening process computes small runs if the graph is proven harmless and its
 * rows are proven independent. The file must be small, and the runs must be short. The time to a worker plays no part,
 * because it varies from start to start. model.json may decide otherwise.
 *
 * @param openInline Loads the model in the listening process.
 */
export async function chooseExecution(
  openInline: () => Promise<Session>,
  options: ExecutionOptions,
): Promise<Computing> {
  const { view, batching, asked } = options
  const obstacle = reasonForWorkers(options)
  if (obstacle !== undefined) return onWorkers(obstacle)
  const session = await openInline()
  const measured = await measureInline(session, view, batching)
  const { rows, ms } = measured[0] ?? { rows: 1, ms: 0 }
  const figures = `a run takes ${milliseconds(ms)}`
  if (asked !== 'inline' && ms > MAX_INLINE_MS) {
    await session.dispose()
    return onWorkers(figures)
  }
  const maxRows = measured.findLast((each) => each.ms <= MAX_INLINE_MS)?.rows ?? rows
  const maxTextBytes = MAX_INLINE_TEXT_BYTES / Math.min(maxRows, batching.maxBatchSize)
  const reason = asked === 'inline' ? 'model.json says so' : `${figures}, and no request can do harm`
  return {
    execution: { mode: 'inline', reason },
    inline: { session, maxRows, isSmall: (request) => isSmall(request, maxRows, maxTextBytes) },
  }
}

function onWorkers(reason: string): Computing {
  return { execution: { mode: 'workers', reason }, inline: undefined }
}

function reasonForWorkers({ file, view, batching, asked }: ExecutionOptions): string | undefined {
  const { harmless, rows, bytes } = file
  const [single] = batching.measured
  if (asked === 'inline') return undefined
  if (asked === 'workers') return 'model.json says so'
  if (!single) return 'its runs could not be measured'
  if (single.ms > MAX_WORKER_MS) return `a run takes ${milliseconds(single.ms)}`
  if (!harmless.isProven) return `a request might end or hold up the server (${harmless.reason})`
  if (!rows.isProven) return `the graph does not prove that rows keep apart (${rows.reason})`
  if (bytes > MAX_INLINE_FILE_BYTES) return `its file has ${Math.round(bytes / 1e6)} MB`
  const free = view.signature.inputs.find(({ shape }) => shape.length === 0 || shape.slice(1).includes(-1))
  return free && `input ${free.name} has a free axis besides its rows`
}

/** Measures the sizes inline that were measured when the model was tried. @returns An empty list if no size was measured. */
async function measureInline(
  session: Session,
  view: ModelView,
  { measured, maxBatchSize }: Batching,
): Promise<Batching['measured']> {
  const run = (inputs: Tensors): Promise<Tensors> => session.run(inputs)
  const build = (rows: number, seed: number): Tensors => buildSampleInputs(view, rows, seed)
  const sizes: { rows: number; ms: number }[] = []
  for (const { rows } of measured) {
    if (rows > maxBatchSize) break
    // The first run allocates memory, so it is not counted.
    await timeRuns(run, build, rows, 1)
    sizes.push({ rows, ms: await timePatiently(() => timeRuns(run, build, rows)) })
  }
  return sizes
}

/** Other programs on the machine only add to the time of a run. So a run that seems a little too long is measured again. */
async function timePatiently(measure: () => Promise<number>): Promise<number> {
  let ms = await measure()
  for (let left = MORE_TRIES; left > 0 && ms > MAX_INLINE_MS && ms < MAX_WORKER_MS; left--) {
    ms = Math.min(ms, await measure())
  }
  return ms
}

function isSmall({ inputs }: RunRequest, maxRows: number, maxTextBytes: number): boolean {
  if (rowsOf(inputs) > maxRows) return false
  // An axis of size 0 crashes some operators of the runtime.
  for (const { shape } of inputs.values()) if (shape.includes(0)) return false
  for (const { data } of inputs.values()) if (Array.isArray(data)) return bytesOf(inputs) <= maxTextBytes
  return true
}

function milliseconds(value: number): string {
  return `${Number(value.toPrecision(2))} ms`
}
