import { describe, expect, test } from 'vitest'
import type { InferenceRequest } from '../../src/core/inference.ts'
import type { Tensors } from '../../src/core/tensor.ts'
import { createQueue } from '../../src/scheduling/queue.ts'

interface Started {
  readonly inputs: Tensors
  finish(): void
  fail(error: Error): void
}

/** A runtime whose runs end when the test says so. */
function fakeRuntime() {
  const started: Started[] = []
  const run = (inputs: Tensors): Promise<Tensors> =>
    new Promise((resolve, reject) => started.push({ inputs, finish: () => resolve(inputs), fail: reject }))
  return { run, started }
}

function request(): InferenceRequest {
  return { inputs: new Map() }
}

/** Lets everything that is ready to continue do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('the queue', () => {
  test('runs requests in the order they came, as many at once as make progress', async () => {
    const { run, started } = fakeRuntime()
    const queue = createQueue(run, 2, 10)
    const requests = [request(), request(), request()]
    const results = requests.map((each) => queue.submit(each))
    expect(started.map(({ inputs }) => inputs)).toEqual([requests[0]!.inputs, requests[1]!.inputs])
    expect(queue.queued).toBe(1)
    started[1]!.finish()
    await results[1]
    await settle()
    expect(started[2]!.inputs).toBe(requests[2]!.inputs)
    expect(queue.queued).toBe(0)
  })

  test('refuses at once what is over its bound', async () => {
    const { run } = fakeRuntime()
    const queue = createQueue(run, 1, 1)
    void queue.submit(request())
    void queue.submit(request())
    await expect(queue.submit(request())).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  })

  test('never computes a request whose client left before its turn', async () => {
    const { run, started } = fakeRuntime()
    const queue = createQueue(run, 1, 10)
    const first = queue.submit(request())
    const client = new AbortController()
    const left = queue.submit(request(), client.signal)
    client.abort()
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(queue.queued).toBe(0)
    started[0]!.finish()
    await first
    await settle()
    expect(started).toHaveLength(1)
  })

  test('refuses a client that is gone already', async () => {
    const { run, started } = fakeRuntime()
    const queue = createQueue(run, 1, 10)
    await expect(queue.submit(request(), AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(started).toHaveLength(0)
  })

  test('still answers a request that is being computed when its client leaves', async () => {
    const { run, started } = fakeRuntime()
    const queue = createQueue(run, 1, 10)
    const client = new AbortController()
    const result = queue.submit(request(), client.signal)
    client.abort()
    started[0]!.finish()
    await expect(result).resolves.toHaveProperty('timings')
  })

  test('goes on after a run that failed', async () => {
    const { run, started } = fakeRuntime()
    const queue = createQueue(run, 1, 10)
    const first = queue.submit(request())
    const second = queue.submit(request())
    started[0]!.fail(new Error('no'))
    await expect(first).rejects.toThrow('no')
    await settle()
    started[1]!.finish()
    await expect(second).resolves.toHaveProperty('outputs')
  })

  test('tells waiting from computing', async () => {
    let now = 100
    const { run, started } = fakeRuntime()
    const queue = createQueue(run, 1, 10, () => now)
    const first = queue.submit(request())
    const second = queue.submit(request())
    now = 107
    started[0]!.finish()
    expect((await first).timings).toEqual({ queueMs: 0, computeMs: 7 })
    await settle()
    now = 110
    started[1]!.finish()
    expect((await second).timings).toEqual({ queueMs: 7, computeMs: 3 })
  })

  test('drains: refuses what is new, answers what was accepted, then reports', async () => {
    const { run, started } = fakeRuntime()
    const queue = createQueue(run, 1, 10)
    const accepted = [queue.submit(request()), queue.submit(request())]
    let isDrained = false
    const drained = queue.drain().then(() => (isDrained = true))
    await expect(queue.submit(request())).rejects.toMatchObject({ code: 'MODEL_NOT_READY' })
    started[0]!.finish()
    await settle()
    expect(isDrained).toBe(false)
    started[1]!.finish()
    await drained
    await expect(Promise.all(accepted)).resolves.toHaveLength(2)
  })

  test('drains at once when idle, and when the last one waiting leaves', async () => {
    const { run, started } = fakeRuntime()
    await createQueue(run, 1, 10).drain()
    const queue = createQueue(run, 1, 10)
    const first = queue.submit(request())
    const client = new AbortController()
    const waiting = queue.submit(request(), client.signal)
    const drained = queue.drain()
    client.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
    started[0]!.finish()
    await first
    await drained
  })
})
