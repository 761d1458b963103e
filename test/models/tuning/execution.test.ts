import { expect, test } from 'vitest'
import { Cancellation } from '../../../src/core/cancellation.ts'
import { ServingError } from '../../../src/core/errors.ts'
import type { Tensor, Tensors } from '../../../src/core/tensor.ts'
import type { ModelView } from '../../../src/core/model-view.ts'
import { chooseExecution } from '../../../src/models/tuning/execution.ts'
import { createModelScheduler } from '../../../src/models/model-scheduler.ts'
import { combineObservers } from '../../../src/core/observer.ts'
import { PROVEN, unproven } from '../../../src/onnx/proof.ts'
import type { Proof } from '../../../src/onnx/proof.ts'
import { Breaker } from '../../../src/scheduling/breaker.ts'
import { createFakeSession } from '../../support/fake-session.ts'
import { createView, spec } from '../../support/views.ts'

const VIEW = createView({ signature: { inputs: [spec('x', 'float32', [-1, 2])], outputs: [] } })
const BATCHING = { maxBatchSize: 32, maxDelayMs: 0, maxRunsTogether: 1, reason: 'measured', isIndependent: true }

/** A session that takes so long for each row, and notes how many rows each run had. */
function session(msPerRow: number | (() => number)) {
  const runs: number[] = []
  const run = async (inputs: Tensors): Promise<Tensors> => {
    const count = inputs.get('x')!.shape[0]!
    runs.push(count)
    const perRow = typeof msPerRow === 'number' ? msPerRow : msPerRow()
    const until = performance.now() + perRow * count
    while (performance.now() < until);
    return inputs
  }
  const disposed: boolean[] = []
  const dispose = async (): Promise<void> => void disposed.push(true)
  const made = createFakeSession(VIEW.signature, run, { dispose })
  return { session: made, runs, disposed }
}

function rows(count: number): Tensors {
  const x: Tensor = { dataType: 'float32', shape: [count, 2], data: new Float32Array(2 * count) }
  return new Map([['x', x]])
}

const LIMITS = {
  ...BATCHING,
  signature: VIEW.signature,
  observer: combineObservers([]).ofModel(VIEW),
  maxQueued: 100,
  maxQueuedRows: 1000,
  maxRunMs: 10_000,
  maxRunRows: () => undefined,
  maxAnswerBytes: 2 ** 20,
  breaker: new Breaker(() => undefined),
  onUnjoinable: () => undefined,
}

interface Case {
  readonly workerMs?: number
  readonly inlineMsPerRow?: number | (() => number)
  readonly harmless?: Proof
  readonly rows?: Proof
  readonly bytes?: number
  readonly view?: ModelView
  readonly asked?: 'inline' | 'workers'
  /** Whether all workers compute for others. */
  readonly isBusy?: boolean
}

async function choose({
  workerMs = 0.3,
  inlineMsPerRow = 0.005,
  harmless = PROVEN,
  rows: rowProof = PROVEN,
  bytes = 1000,
  view = VIEW,
  asked,
  isBusy = false,
}: Case) {
  const [workers, inline] = [session(0), session(inlineMsPerRow)]
  const measured = [1, 8, 32].map((count) => ({ rows: count, ms: workerMs }))
  const batching = { ...BATCHING, measured }
  const chosen = await chooseExecution(async () => inline.session, {
    file: { harmless, rows: rowProof, bytes },
    view,
    batching,
    asked,
  })
  for (const { runs } of [workers, inline]) runs.length = 0
  const isFree = () => !isBusy
  const lanes = createModelScheduler({ workers: { ...workers.session, isFree }, inline: chosen.inline }, LIMITS)
  const submit = (inputs: Tensors) => lanes.submit({ inputs })
  return { ...chosen, lanes, submit, workers, inline }
}

test('short runs of a harmless model are computed inline, and larger runs go to workers', async () => {
  const { execution, submit, workers, inline } = await choose({})
  expect(execution).toMatchObject({
    mode: 'inline',
    reason: expect.stringMatching(/^a run takes 0\.00\d+ ms, and no request can do harm$/),
  })
  await Promise.all([1, 31, 33].map((count) => submit(rows(count))))
  expect([inline.runs, workers.runs]).toEqual([[32], [33]])
})

test('a short model is computed inline, even if the machine is busy during some measurements', async () => {
  let slowRuns = 30
  const { execution } = await choose({ inlineMsPerRow: () => (slowRuns-- > 0 ? 0.7 : 0.005) })
  expect(execution.mode).toBe('inline')
})

test('inline runs join only so many rows that they do not hold up the event loop', async () => {
  const { submit, workers, inline } = await choose({ inlineMsPerRow: 0.05 })
  await Promise.all(Array.from({ length: 16 }, () => submit(rows(1))))
  await submit(rows(32))
  expect([inline.runs, workers.runs]).toEqual([[8, 8], [32]])
})

test('small runs never wait for large runs, and a large run that waits can be cancelled', async () => {
  const { lanes, submit, workers } = await choose({ isBusy: true })
  const client = new Cancellation()
  const large = lanes.submit({ inputs: rows(33) }, client).catch((error: unknown) => error)
  expect(await submit(rows(1))).toMatchObject({ timings: { batchSize: 1 } })
  expect(lanes.queued).toBe(1)
  client.cancel()
  expect(await large).toMatchObject({ code: 'CANCELLED' })
  expect(workers.runs).toEqual([])
})

test('inline runs and runs in workers share one limit of waiting rows, also in the check before decoding', async () => {
  const { lanes } = await choose({ isBusy: true })
  const clients = Array.from({ length: LIMITS.maxQueuedRows / 40 }, () => new Cancellation())
  const waiting = clients.map((client) => lanes.submit({ inputs: rows(40) }, client).catch((error: unknown) => error))
  expect(() => lanes.checkRoom()).toThrow(/requests with \d+ rows are waiting already/)
  for (const count of [1, 33]) {
    await expect(lanes.submit({ inputs: rows(count) })).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  }
  clients[0]!.cancel()
  await waiting[0]
  expect(() => lanes.checkRoom()).not.toThrow()
  for (const client of clients) client.cancel()
  await Promise.all(waiting)
})

test('drain and abandon apply to both inline runs and runs in workers', async () => {
  const { lanes } = await choose({})
  const accepted = [1, 33].map((count) => lanes.submit({ inputs: rows(count) }))
  await lanes.drain()
  expect(await Promise.all(accepted)).toHaveLength(2)
  const { lanes: others } = await choose({})
  const waiting = [1, 33].map((count) => others.submit({ inputs: rows(count) }).catch((error: unknown) => error))
  others.abandon(new ServingError('MODEL_NOT_READY', 'gives up'))
  expect(await Promise.all(waiting)).toMatchObject([{ code: 'MODEL_NOT_READY' }, { code: 'MODEL_NOT_READY' }])
  for (const count of [1, 33]) {
    await expect(others.submit({ inputs: rows(count) })).rejects.toMatchObject({ code: 'MODEL_NOT_READY' })
  }
})

test.each<[string, Case, RegExp]>([
  ['a run takes long inline', { inlineMsPerRow: 0.6 }, /^a run takes 0\.[6-9]\d* ms$/],
  ['a run takes long in a worker', { workerMs: 6 }, /^a run takes 6 ms/],
  [
    'an operator may end the process',
    { harmless: unproven('TopK: it is not known to be harmless') },
    /^a request might end or hold up the server \(TopK: it is not known to be harmless\)$/,
  ],
  [
    'a run may take the square of its rows',
    { rows: unproven('MatMul: every row meets every other row') },
    /^the graph does not prove that rows keep apart \(MatMul/,
  ],
  ['the file is large', { bytes: 64e6 }, /^its file has 64 MB/],
  [
    'inner dimensions are free',
    { view: createView({ signature: { inputs: [spec('x', 'float32', [-1, -1])], outputs: [] } }) },
    /^input x has a free axis besides its rows/,
  ],
  ['model.json says so', { asked: 'workers' }, /^model\.json says so/],
])('a model is computed in workers if %s', async (_case, options, reason) => {
  const { execution, submit, workers, inline } = await choose(options)
  expect(execution).toMatchObject({ mode: 'workers', reason: expect.stringMatching(reason) })
  if (!options.view) await submit(rows(1))
  expect([inline.runs, workers.runs]).toEqual([[], options.view ? [] : [1]])
})

test('a model is computed inline if model.json says so, even if its runs take long', async () => {
  expect((await choose({ inlineMsPerRow: 0.6, asked: 'inline' })).execution).toEqual({
    mode: 'inline',
    reason: 'model.json says so',
  })
})

test('requests with long texts are computed in workers', async () => {
  const { submit, workers, inline } = await choose({})
  const withText = (length: number) => {
    const text: Tensor = { dataType: 'string', shape: [1, 1], data: ['x'.repeat(length)] }
    return submit(new Map([...rows(1), ['text', text]]))
  }
  await Promise.all([withText(5000), withText(1000)])
  expect([inline.runs, workers.runs]).toEqual([[1], [1]])
})
