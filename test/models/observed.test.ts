import { expect, test } from 'vitest'
import { ServingError } from '../../src/core/errors.ts'
import { observeRequests, observeRuns } from '../../src/models/observed.ts'
import type { ObservableRun } from '../../src/models/observed.ts'
import { createBatcher } from '../../src/scheduling/batcher.ts'
import { FakeRuntime } from '../support/fake-runtime.ts'
import { recordEvents } from '../support/observers.ts'

const INPUTS = new Map([['x', { dataType: 'float32', shape: [784], data: new Float32Array(784) } as const]])

function observe() {
  const { events, observer } = recordEvents()
  const runtime = new FakeRuntime()
  const policy = { maxBatchSize: 1, maxDelayMs: 0, maxRunsTogether: 1, parallelism: 1, isFree: () => true }
  const limits = { maxQueued: 1, maxQueuedRows: 1e6, onUnjoinable: () => undefined }
  const scheduler = observeRequests(createBatcher(runtime.run, { ...policy, ...limits }), observer)
  const submit = () => scheduler.submit({ inputs: INPUTS })
  return { events, runtime, scheduler, submit }
}

test('the observer of a model hears of a request that was computed', async () => {
  const { events, runtime, submit } = observe()
  const answer = submit()
  await expect.poll(() => runtime.started.length).toBe(1)
  runtime.started[0]!.finish()
  const { timings } = await answer
  expect(events).toEqual([['completed', timings]])
})

test('the observer of a model hears of a request that could not be computed, with the code', async () => {
  const { events, runtime, submit } = observe()
  const answer = submit()
  await expect.poll(() => runtime.started.length).toBe(1)
  runtime.started[0]!.refuse('no')
  await expect(answer).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
  expect(events).toEqual([['failed', 'INFERENCE_FAILED', expect.any(Number)]])
})

test('the observer of a model hears of a request that failed by a bug, without a code', async () => {
  const { events, runtime, submit } = observe()
  const answer = submit()
  await expect.poll(() => runtime.started.length).toBe(1)
  runtime.started[0]!.fail(new TypeError('a bug'))
  await expect(answer).rejects.toThrow('a bug')
  expect(events).toEqual([['failed', undefined, expect.any(Number)]])
})

test('the observer of a model hears of a request that is refused before it is decoded', async () => {
  const { events, runtime, scheduler, submit } = observe()
  scheduler.checkRoom()
  const answer = submit()
  expect(() => scheduler.checkRoom()).toThrow(ServingError)
  expect(events).toEqual([['refused', 'QUEUE_FULL']])
  await expect.poll(() => runtime.started.length).toBe(1)
  runtime.started[0]!.finish()
  await answer
})

test.each([
  [true, 784],
  [false, 1],
])(
  'the rows of an observed run are the size of axis 0 only if the model has a batch axis: %s',
  async (hasRows, rows) => {
    const { events, observer } = recordEvents()
    const compute: ObservableRun = async (requests, onStart) => {
      onStart()
      return requests.map(({ inputs }) => inputs)
    }
    await observeRuns(compute, hasRows, observer)([{ inputs: INPUTS }])
    expect(events).toEqual([['ran', rows, expect.any(Number)]])
  },
)

test('a run that no worker has taken is not observed', async () => {
  const { events, observer } = recordEvents()
  const failure = new ServingError('RUNTIME_FAILED', 'no worker can be started')
  await observeRuns(async () => [failure], true, observer)([{ inputs: INPUTS }])
  expect(events).toEqual([])
})
