import { expect, test } from 'vitest'
import type { Tensor, Tensors } from '../../src/core/tensor.ts'
import type { ModelView } from '../../src/core/model-view.ts'
import { chooseExecution } from '../../src/models/execution.ts'
import type { Session } from '../../src/runtime/runtime.ts'
import { createView, spec } from '../support/views.ts'

const VIEW = createView({ signature: { inputs: [spec('x', 'float32', [-1, 2])], outputs: [] } })
const BATCHING = { maxBatchSize: 32, maxDelayMs: 0, maxRunsTogether: 1, reason: 'measured' }

/** A session that takes so long for each row, and notes how many rows each run had. */
function session(msPerRow: number, loadMs = 1) {
  const runs: number[] = []
  const run = async (inputs: Tensors): Promise<Tensors> => {
    const count = inputs.get('x')!.shape[0]!
    runs.push(count)
    const until = performance.now() + msPerRow * count
    while (performance.now() < until);
    return inputs
  }
  const disposed: boolean[] = []
  const made: Session = {
    signature: VIEW.signature,
    unsupportedOutputs: [],
    warnings: [],
    loadMs,
    parallelism: 1,
    isFree: () => true,
    onFree: () => undefined,
    run,
    runAll: (requests) => Promise.all(requests.map(({ inputs }) => run(inputs))),
    dispose: async () => void disposed.push(true),
  }
  return { session: made, runs, disposed }
}

function rows(count: number): Tensors {
  const x: Tensor = { dataType: 'float32', shape: [count, 2], data: new Float32Array(2 * count) }
  return new Map([['x', x]])
}

const ignore = (): void => undefined

interface Case {
  readonly threadMs?: number
  readonly inlineMsPerRow?: number
  readonly loadMs?: number
  readonly hasLoops?: boolean
  readonly bytes?: number
  readonly view?: ModelView
  readonly asked?: 'inline' | 'threads'
}

async function choose({
  threadMs = 0.3,
  inlineMsPerRow = 0.005,
  loadMs,
  hasLoops = false,
  bytes = 1000,
  view = VIEW,
  asked,
}: Case) {
  const [threads, inline] = [session(0, loadMs), session(inlineMsPerRow)]
  const measured = [1, 8, 32].map((count) => ({ rows: count, ms: threadMs }))
  const batching = { ...BATCHING, measured }
  const chosen = await chooseExecution(
    threads.session,
    async () => inline.session,
    { hasLoops, bytes },
    view,
    batching,
    asked,
  )
  for (const { runs } of [threads, inline]) runs.length = 0
  return { ...chosen, threads, inline }
}

test('computes inline what takes less time than the way to a thread; larger runs go to the threads', async () => {
  const { execution, run, threads, inline, dispose } = await choose({})
  expect(execution).toMatchObject({
    mode: 'inline',
    reason: expect.stringMatching(/^a run takes 0\.00\d+ ms, the way/),
  })
  await run([{ inputs: rows(1) }, { inputs: rows(32) }], ignore)
  await run([{ inputs: rows(33) }], ignore)
  expect([inline.runs, threads.runs]).toEqual([[1, 32], [33]])
  await dispose()
  expect([threads.disposed, inline.disposed]).toEqual([[true], [true]])
})

test('sends batches to the threads that would hold up the event loop', async () => {
  const { run, threads, inline } = await choose({ inlineMsPerRow: 0.05 })
  await run([{ inputs: rows(1) }], ignore)
  await run([{ inputs: rows(32) }], ignore)
  expect([inline.runs, threads.runs]).toEqual([[1], [32]])
})

test.each<[string, Case, RegExp]>([
  ['the run is the larger part', { inlineMsPerRow: 0.2 }, /^a run takes 0\.2\d* ms, the way to a thread 0\.\d+ ms/],
  ['a run takes long', { threadMs: 3 }, /^a run takes 3 ms/],
  ['loading takes long', { loadMs: 80 }, /^loading it takes 80 ms/],
  ['a run may take any time', { hasLoops: true }, /^its loops may take any time/],
  ['the file is large', { bytes: 64e6 }, /^its file has 64 MB/],
  [
    'inner dimensions are free',
    { view: createView({ signature: { inputs: [spec('x', 'float32', [-1, -1])], outputs: [] } }) },
    /^input x is free in more than its rows/,
  ],
  ['model.json says so', { asked: 'threads' }, /^model\.json says so/],
])('computes on threads where %s', async (_case, options, reason) => {
  const { execution, run, threads, inline } = await choose(options)
  expect(execution).toMatchObject({ mode: 'threads', reason: expect.stringMatching(reason) })
  await run([{ inputs: rows(1) }], ignore)
  expect([inline.runs, threads.runs]).toEqual([[], [1]])
})

test('computes inline what model.json says, whatever was measured', async () => {
  expect((await choose({ inlineMsPerRow: 0.2, asked: 'inline' })).execution).toEqual({
    mode: 'inline',
    reason: 'model.json says so',
  })
})

test('long texts go to the threads', async () => {
  const { run, threads, inline } = await choose({})
  const text: Tensor = { dataType: 'string', shape: [1, 1], data: ['x'.repeat(200_000)] }
  await run([{ inputs: new Map([...rows(1), ['text', text]]) }], ignore)
  expect([inline.runs, threads.runs]).toEqual([[], [1]])
})
