import type { TensorData } from '../core/datatypes.ts'
import type { Tensor, Tensors } from '../core/tensor.ts'
import { canJoin, joinInputs, splitOutputs } from './joining.ts'

/** What a model was measured to be able to do. */
export interface Calibration {
  /** 1 where joining requests is impossible, or gains nothing. */
  readonly maxBatchSize: number
  /** Where requests are not joined: how many runs take no longer than a batch may. */
  readonly maxRunsTogether: number
  /** Why it is so, for people. */
  readonly reason: string
  /** What two rows in one run answer otherwise than in two runs, if anything. */
  readonly difference?: string
  /** Shortest duration of a run of so many rows, of several. */
  readonly measured: readonly { readonly rows: number; readonly ms: number }[]
}

/** One run of a model. */
export type RunOnce = (inputs: Tensors) => Promise<Tensors>

/** Makes inputs of so many rows; another seed makes other values. */
export type MakeInputs = (rows: number, seed: number) => Tensors

const BATCH_SIZES = [8, 32]
const MAX_RUNS_TOGETHER = 32
const REPEATS = 7
// Longer runs would hold up whoever comes next.
const BATCH_BUDGET_MS = 5
// Timings vary by a few percent; joining must gain more than that.
const MIN_GAIN = 0.9
// Kernels for batches add up in another order; anything beyond that, of the largest value, is another answer.
const TOLERANCE = 1e-4

/**
 * Warms a model up and chooses how many rows go into one run: the most that still lower the cost of a row within the
 * budget, if a batch of two gives the answers of two single runs.
 *
 * @param obstacle Why requests cannot be joined, where that is known; single runs alone are then measured.
 * @param realRows Rows that the model is known to compute, each as inputs of its own; compared besides those made up.
 */
export async function calibrate(
  run: RunOnce,
  makeInputs: MakeInputs,
  obstacle?: string,
  realRows: readonly Tensors[] = [],
): Promise<Calibration> {
  const measured: { rows: number; ms: number }[] = []
  const without = (reason: string): Calibration => ({
    maxBatchSize: 1,
    maxRunsTogether: runsTogether(measured[0]?.ms),
    reason,
    measured,
  })
  try {
    // The first run allocates and is slow; it is not counted, and shows whether the made-up values can be computed.
    const firstMs = await timeRuns(run, makeInputs, 1, 1)
    if (firstMs < 10 * BATCH_BUDGET_MS) measured.push({ rows: 1, ms: await timeRuns(run, makeInputs, 1) })
    else measured.push({ rows: 1, ms: firstMs })
    const single = measured[0]!
    if (obstacle !== undefined) return without(obstacle)
    if (single.ms > BATCH_BUDGET_MS) return without(`one row takes ${round(single.ms)} ms, more than a batch may take`)
    const difference = await findAnyDifference(run, makeInputs, realRows)
    if (difference !== undefined) return { ...without(difference), difference }
    for (const rows of BATCH_SIZES) {
      const ms = await timeRuns(run, makeInputs, rows)
      measured.push({ rows, ms })
      if (ms > BATCH_BUDGET_MS) break
    }
  } catch (error) {
    return without(obstacle ?? `made-up values cannot be computed in a batch: ${(error as Error).message}`)
  }
  return choose(measured)
}

function choose(measured: Calibration['measured']): Calibration {
  const [single, ...batches] = measured
  let best = single!
  for (const each of batches) {
    const isCheaper = each.ms / each.rows < (best.ms / best.rows) * MIN_GAIN
    if (isCheaper && each.ms <= BATCH_BUDGET_MS) best = each
  }
  const times = (single!.ms * best.rows) / best.ms
  const reason =
    best.rows === 1 ? 'a row costs no less in a batch' : `a row costs ${round(times)} times less in a batch`
  return { maxBatchSize: best.rows, maxRunsTogether: runsTogether(single!.ms), reason, measured }
}

/** What is sent to a thread together holds up what comes next as a batch would. */
function runsTogether(singleMs = BATCH_BUDGET_MS): number {
  return Math.max(1, Math.min(MAX_RUNS_TOGETHER, Math.floor(BATCH_BUDGET_MS / singleMs)))
}

/** The shortest duration of several runs of so many rows, in milliseconds. */
export async function timeRuns(run: RunOnce, makeInputs: MakeInputs, rows: number, repeats = REPEATS): Promise<number> {
  const durations: number[] = []
  for (let seed = 0; seed < repeats; seed++) {
    const inputs = makeInputs(rows, seed)
    const startedAt = performance.now()
    await run(inputs)
    durations.push(performance.now() - startedAt)
  }
  // Whatever else runs on the machine only ever adds: the shortest is nearest to the truth.
  return Number(Math.min(...durations).toFixed(3))
}

// Rows that are alike in their statistics hide a mean or a maximum that is taken of all of them.
const SCALES = [40, -3]

/** What two rows in one run answer otherwise than in two, if anything; the second row on several scales. */
async function findAnyDifference(
  run: RunOnce,
  makeInputs: MakeInputs,
  realRows: readonly Tensors[],
): Promise<string | undefined> {
  const madeUp = [makeInputs(1, 1), makeInputs(1, 2)]
  const difference = (await findDifference(run, madeUp)) ?? (await findDifference(run, realRows))
  if (difference !== undefined) return difference
  for (const [first, ...others] of [madeUp, realRows]) {
    for (const scale of first ? SCALES : []) {
      const rows = [first!, ...others.map((row) => scaled(row, scale))]
      // Values of another size may be none that the model can compute.
      const found = await findDifference(run, rows).catch(() => undefined)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** The same with floats of another size. Integers may be indexes, so they stay as they are. */
function scaled(inputs: Tensors, factor: number): Tensors {
  return withData(inputs, (data) => {
    const isFloat = data instanceof Float32Array || data instanceof Float64Array
    return isFloat ? data.map((value) => value * factor) : data
  })
}

function withData(inputs: Tensors, change: (data: TensorData) => TensorData): Tensors {
  return new Map(Array.from(inputs, ([name, tensor]) => [name, { ...tensor, data: change(tensor.data) }]))
}

/** What rows in one run answer otherwise than each alone, if anything. */
async function findDifference(run: RunOnce, rows: readonly Tensors[]): Promise<string | undefined> {
  const requests = rows.map((inputs) => ({ inputs }))
  const [first] = requests
  // Rows of several lengths, for instance, are never joined.
  if (!first || requests.some((each) => !canJoin(first, each))) return undefined
  const joined = await run(joinInputs(requests))
  for (const [name, { shape }] of joined) {
    if (shape[0] !== rows.length) return `output ${name} does not follow the batch`
  }
  const parts = splitOutputs(
    joined,
    rows.map(() => 1),
  )
  for (const [index, inputs] of rows.entries()) {
    // A run may take the storage of its inputs with it.
    for (const [name, tensor] of await run(withData(inputs, (data) => data.slice()))) {
      if (!isAlike(tensor, parts[index]!.get(name)!)) return `output ${name} differs between a batch and single runs`
    }
  }
  return undefined
}

function isAlike(a: Tensor, b: Tensor): boolean {
  if (a.shape.join() !== b.shape.join()) return false
  const isFloat = a.dataType === 'float32' || a.dataType === 'float64'
  const tolerance = isFloat ? TOLERANCE * largest(a.data as Float64Array) : 0
  for (let index = 0; index < a.data.length; index++) {
    const [x, y] = [a.data[index]!, b.data[index]!]
    if (x === y || (isFloat && isClose(x as number, y as number, tolerance))) continue
    return false
  }
  return true
}

function isClose(x: number, y: number, tolerance: number): boolean {
  return (Number.isNaN(x) && Number.isNaN(y)) || Math.abs(x - y) <= tolerance
}

function largest(values: Float64Array): number {
  let found = 0
  for (const value of values) if (Math.abs(value) > found && Number.isFinite(value)) found = Math.abs(value)
  return found
}

function round(value: number): number {
  return Number(value.toPrecision(2))
}
