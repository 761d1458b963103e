import type { TensorData } from '../core/datatypes.ts'
import type { Tensor, Tensors } from '../core/tensor.ts'
import { canJoin, joinInputs, splitOutputs } from './joining.ts'

/** The result of measuring a model. */
export interface Calibration {
  /** Most rows in one run. It is 1 if joining is impossible or gains nothing. */
  readonly maxBatchSize: number
  /** Runs that together take no longer than one batch may. It counts if requests are not joined. */
  readonly maxRunsTogether: number
  /** The reason for the size of a batch, for people. */
  readonly reason: string
  /** A difference between the answers to two rows in one run and in two runs, if there is one. */
  readonly difference?: string
  /** The shortest duration of a run, by number of rows. */
  readonly measured: readonly { readonly rows: number; readonly ms: number }[]
}

/** One run of a model. */
export type RunOnce = (inputs: Tensors) => Promise<Tensors>

/** Makes inputs with this number of rows. Another seed makes other values. */
export type MakeInputs = (rows: number, seed: number) => Tensors

const BATCH_SIZES = [8, 32]
const MAX_RUNS_TOGETHER = 32
const REPEATS = 7
// A longer run would delay the next requests.
const BATCH_BUDGET_MS = 5
// A larger batch is chosen if a row costs less than this share of a row so far. Timings vary by a few percent.
const MIN_GAIN = 0.9
// Kernels for batches add numbers in another order. A difference of more than this share of the largest value is an error.
const TOLERANCE = 1e-4

/**
 * Warms a model up and chooses the most rows in one run: the size with the lowest cost of a row, within the budget. It
 * is 1 if a batch of two rows and two single runs give different answers.
 *
 * @param obstacle A known reason why requests cannot be joined. Then only single runs are measured.
 * @param realRows Rows that the model is known to compute, each as inputs of its own. They are compared as well.
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
    // The first run allocates memory and is slow, so its time does not count. A slow model is not run again, so its first
    // time counts. The first run throws if the model cannot compute the inputs.
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

/** Runs that are sent to a worker together delay the next requests as a batch would. */
function runsTogether(singleMs = BATCH_BUDGET_MS): number {
  return Math.max(1, Math.min(MAX_RUNS_TOGETHER, Math.floor(BATCH_BUDGET_MS / singleMs)))
}

/** Returns the shortest duration of several runs with this number of rows, in milliseconds. */
export async function timeRuns(run: RunOnce, makeInputs: MakeInputs, rows: number, repeats = REPEATS): Promise<number> {
  const durations: number[] = []
  for (let seed = 0; seed < repeats; seed++) {
    const inputs = makeInputs(rows, seed)
    const startedAt = performance.now()
    await run(inputs)
    durations.push(performance.now() - startedAt)
  }
  // Other programs on the machine only add to a duration. So the shortest is the most exact.
  return Number(Math.min(...durations).toFixed(3))
}

// Equal rows would hide a mean or a maximum over all rows. So the rows behind the first are compared on several scales.
const SCALES = [40, -3]

/** Compares rows in one run with single runs: sample rows, real rows, and both on several scales. */
async function findAnyDifference(
  run: RunOnce,
  makeInputs: MakeInputs,
  realRows: readonly Tensors[],
): Promise<string | undefined> {
  const sampleRows = [makeInputs(1, 1), makeInputs(1, 2)]
  const difference = (await findDifference(run, sampleRows)) ?? (await findDifference(run, realRows))
  if (difference !== undefined) return difference
  for (const [first, ...others] of [sampleRows, realRows]) {
    for (const scale of first ? SCALES : []) {
      const rows = [first!, ...others.map((row) => scaled(row, scale))]
      // The model may not be able to compute values on another scale.
      const found = await findDifference(run, rows).catch(() => undefined)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Multiplies floats by a factor. Integers may be indexes, so they stay as they are. */
function scaled(inputs: Tensors, factor: number): Tensors {
  return withData(inputs, (data) => {
    const isFloat = data instanceof Float32Array || data instanceof Float64Array
    return isFloat ? data.map((value) => value * factor) : data
  })
}

function withData(inputs: Tensors, change: (data: TensorData) => TensorData): Tensors {
  return new Map(Array.from(inputs, ([name, tensor]) => [name, { ...tensor, data: change(tensor.data) }]))
}

/** Compares rows in one run with single runs. @returns The first difference, if there is one. */
async function findDifference(run: RunOnce, rows: readonly Tensors[]): Promise<string | undefined> {
  const requests = rows.map((inputs) => ({ inputs }))
  const [first] = requests
  // Such rows are never joined, for example because their lengths differ.
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
    // A run may take over the storage of its inputs, so it gets a copy.
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
