import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { ServingError } from '../../src/core/errors.ts'
import type { InferenceRequest } from '../../src/core/inference.ts'
import type { Tensor, Tensors } from '../../src/core/tensor.ts'
import { createBatcher } from '../../src/scheduling/batcher.ts'
import type { Run, SchedulerOptions } from '../../src/scheduling/scheduler.ts'
import { FakeRuntime } from '../support/fake-runtime.ts'

const UNLIMITED = {
  maxQueued: 1000,
  maxQueuedRows: 10_000,
  maxBatchSize: 100,
  maxDelayMs: 0,
  maxRunsTogether: 1,
  parallelism: 1,
  isFree: () => true,
  onUnjoinable: () => undefined,
}

function open(options: Partial<SchedulerOptions> = {}) {
  const runtime = new FakeRuntime()
  return { runtime, batcher: createBatcher(runtime.run, { ...UNLIMITED, ...options }) }
}

/** A request of so many rows of two numbers, the first of them `first`. */
function request(first = 0, rows = 1, extra: Partial<InferenceRequest> = {}): InferenceRequest {
  const data = Float32Array.from({ length: rows * 2 }, (_, index) => first + index)
  return { inputs: new Map([['x', { dataType: 'float32', shape: [rows, 2], data }]]), ...extra }
}

function values(tensors: Tensors): number[] {
  return [...(tensors.get('x')!.data as Float32Array)]
}

/** Lets everything that is ready to continue do so. */
const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('batching', () => {
  test('the batcher starts a request that comes alone at once', async () => {
    const { runtime, batcher } = open()
    const result = batcher.submit(request(1))
    await settle()
    runtime.started[0]!.finish()
    expect(values((await result).outputs)).toEqual([1, 2])
    expect((await result).timings.batchSize).toBe(1)
  })

  test('the batcher joins requests that come together, and requests that gather during a run', async () => {
    const { runtime, batcher } = open()
    const first = [batcher.submit(request(10)), batcher.submit(request(20, 2))]
    await settle()
    const second = [batcher.submit(request(30)), batcher.submit(request(40))]
    await settle()
    expect(runtime.started.map(({ inputs }) => values(inputs))).toEqual([[10, 11, 20, 21, 22, 23]])
    expect(batcher.queued).toBe(2)
    runtime.started[0]!.finish()
    const [a, b] = await Promise.all(first)
    expect([values(a!.outputs), values(b!.outputs)]).toEqual([
      [10, 11],
      [20, 21, 22, 23],
    ])
    expect(b!.outputs.get('x')!.shape).toEqual([2, 2])
    expect(a!.timings.batchSize).toBe(3)
    await settle()
    expect(values(runtime.started[1]!.inputs)).toEqual([30, 31, 40, 41])
    runtime.started[1]!.finish()
    await Promise.all(second)
  })

  test('the batcher keeps as many runs going as can be computed at the same time', async () => {
    const { runtime, batcher } = open({ parallelism: 2, maxBatchSize: 1 })
    for (const first of [1, 2, 3]) void batcher.submit(request(first))
    await settle()
    expect(runtime.started.map(({ inputs }) => values(inputs)[0])).toEqual([1, 2])
    runtime.started[1]!.finish()
    await settle()
    expect(values(runtime.started[2]!.inputs)[0]).toBe(3)
  })

  test('the batcher never joins more rows than the policy says, and runs a larger request whole', async () => {
    const { runtime, batcher } = open({ maxBatchSize: 4 })
    for (const rows of [2, 2, 1, 9]) void batcher.submit(request(0, rows))
    for (const rows of [4, 1, 9]) {
      await settle()
      const run = runtime.started.at(-1)!
      expect(run.inputs.get('x')!.shape[0]).toBe(rows)
      run.finish()
    }
  })

  test('the batcher joins only requests with the same inner shape and outputs, even if other requests stand between them', async () => {
    const { runtime, batcher } = open()
    const wide: Tensor = { dataType: 'float32', shape: [1, 3], data: new Float32Array(3) }
    void batcher.submit(request(1))
    void batcher.submit({ inputs: new Map([['x', wide]]) })
    void batcher.submit(request(2, 1, { outputs: ['x'] }))
    void batcher.submit(request(3))
    void batcher.submit(request(4, 1, { outputs: ['x'] }))
    const sizes: unknown[] = []
    for (let run = 0; run < 3; run++) {
      await settle()
      const { inputs, outputs, finish } = runtime.started[run]!
      sizes.push([values(inputs).length, outputs])
      finish()
    }
    expect(sizes).toEqual([
      [4, undefined],
      [3, undefined],
      [4, ['x']],
    ])
  })

  test('the batcher takes the most urgent requests first, and equally urgent ones in their order', async () => {
    const { runtime, batcher } = open({ maxBatchSize: 1 })
    const priorities = [undefined, 2, undefined, 1, 2] as const
    for (const [index, priority] of priorities.entries()) {
      void batcher.submit(request(index * 10, 1, priority === undefined ? {} : { priority }))
    }
    const order: unknown[] = []
    for (let run = 0; run < priorities.length; run++) {
      await settle()
      order.push(values(runtime.started[run]!.inputs)[0])
      runtime.started[run]!.finish()
    }
    expect(order).toEqual([30, 10, 40, 0, 20])
    expect(batcher.queued).toBe(0)
  })

  test('the batcher keeps requests that wait for a thread, so that they can still be cancelled', async () => {
    let isFree = false
    const { runtime, batcher } = open({ isFree: () => isFree })
    const cancellation = new Cancellation()
    const left = batcher.submit(request(1), cancellation).catch((error: unknown) => error)
    const stays = batcher.submit(request(2))
    await settle()
    expect([runtime.started.length, batcher.queued]).toEqual([0, 2])
    cancellation.cancel()
    expect(await left).toMatchObject({ code: 'CANCELLED' })
    isFree = true
    batcher.wake()
    expect(runtime.started.map(({ inputs }) => values(inputs))).toEqual([[2, 3]])
    runtime.started[0]!.finish()
    await stays
  })

  test('the batcher never joins a request whose inputs differ in rows', async () => {
    const { runtime, batcher } = open()
    const column = (rows: number): Tensor => ({ dataType: 'float32', shape: [rows, 1], data: new Float32Array(rows) })
    const pair = (a: number, b: number): InferenceRequest => ({
      inputs: new Map([
        ['a', column(a)],
        ['b', column(b)],
      ]),
    })
    for (const [a, b] of [
      [2, 1],
      [1, 2],
      [1, 1],
      [1, 1],
    ] as const)
      void batcher.submit(pair(a, b))
    const rows: unknown[] = []
    for (let run = 0; run < 3; run++) {
      await settle()
      const { inputs, finish } = runtime.started[run]!
      rows.push(Array.from(inputs.values(), ({ shape }) => shape[0]))
      finish()
    }
    expect(rows).toEqual([
      [2, 1],
      [1, 2],
      [2, 2],
    ])
  })

  test('the batcher gives every request its own rows, in any order of arrival', async () => {
    const upTo = (max: number) => fc.integer({ min: 1, max })
    const arrivals = fc.array(fc.record({ rows: fc.integer({ min: 0, max: 6 }), pause: fc.boolean() }), {
      minLength: 1,
    })
    await fc.assert(
      fc.asyncProperty(
        arrivals,
        upTo(8),
        upTo(4),
        upTo(3),
        async (requests, maxBatchSize, maxRunsTogether, parallelism) => {
          const doubled = ({ dataType, shape, data }: Tensor): Tensor => {
            return { dataType, shape, data: (data as Float32Array).map((value) => value * 2) }
          }
          const run: Run = async (all) => all.map(({ inputs }) => new Map([['x', doubled(inputs.get('x')!)]]))
          const batcher = createBatcher(run, { ...UNLIMITED, maxBatchSize, maxRunsTogether, parallelism })
          const results: Promise<number[]>[] = []
          for (const [index, { rows, pause }] of requests.entries()) {
            results.push(batcher.submit(request(index * 100, rows)).then(({ outputs }) => values(outputs)))
            if (pause) await settle()
          }
          await settle()
          const expected = requests.map(({ rows }, index) => {
            return Array.from({ length: rows * 2 }, (_, offset) => 2 * (index * 100 + offset))
          })
          expect(await Promise.all(results)).toEqual(expected)
        },
      ),
    )
  })

  test('the batcher runs the members of a failed run singly, so that one fails alone', async () => {
    const { runtime, batcher } = open()
    const results = [1, 2].map((first) => batcher.submit(request(first)).catch((error: Error) => error.message))
    await settle()
    runtime.started[0]!.refuse('one of them')
    await settle()
    expect(values(runtime.started[1]!.inputs)).toEqual([1, 2])
    runtime.started[1]!.refuse('this one')
    await settle()
    runtime.started[2]!.finish()
    expect(await results[0]).toBe('this one')
    expect(await results[1]).toHaveProperty('outputs')
  })

  test('the batcher never joins a request with an axis of size 0', async () => {
    const { runtime, batcher } = open()
    const accepted = [1, 0, 2].map((rows) => batcher.submit(request(10, rows)))
    await settle()
    for (let index = 0; index < 2; index++) {
      runtime.started[index]!.finish()
      await settle()
    }
    expect(runtime.started.map(({ inputs }) => inputs.get('x')!.shape[0])).toEqual([3, 0])
    await Promise.all(accepted)
  })

  test('the batcher shares requests that it does not join equally over all threads, and a refused one fails alone', async () => {
    const { runtime, batcher } = open({ maxBatchSize: 1, maxRunsTogether: 4, parallelism: 2 })
    const results = [1, 2, 3, 4, 5, 6].map((first) =>
      batcher.submit(request(first)).catch((error: Error) => error.message),
    )
    await settle()
    expect(runtime.started.map(({ inputs, together }) => [values(inputs)[0], together])).toEqual(
      [1, 2, 3, 4, 5, 6].map((first) => [first, 3]),
    )
    runtime.started[1]!.refuse('this one')
    runtime.started[0]!.finish()
    runtime.started[2]!.finish()
    expect(await results[0]).toMatchObject({ timings: { batchSize: 1 } })
    expect(await results[1]).toBe('this one')
    runtime.started[3]!.fail(new Error('all of them'))
    expect(await Promise.all(results.slice(3))).toEqual(['all of them', 'all of them', 'all of them'])
  })

  test('the batcher does not repeat a request of a failed run if its client has left or its deadline has passed', async () => {
    const { runtime, batcher } = open()
    const client = new Cancellation()
    const outcomes = [
      batcher.submit(request(1)),
      batcher.submit(request(2), client),
      batcher.submit(request(3, 1, { deadline: performance.now() + 30 })),
    ].map((result) => result.catch((error: unknown) => error))
    await settle()
    client.cancel()
    await vi.advanceTimersByTimeAsync(30)
    runtime.started[0]!.refuse('one of them')
    await settle()
    runtime.started[1]!.finish()
    expect(await Promise.all(outcomes)).toMatchObject([
      { timings: { batchSize: 1 } },
      { code: 'CANCELLED' },
      { code: 'DEADLINE_EXCEEDED' },
    ])
    expect(runtime.started).toHaveLength(2)
  })

  test('the batcher repeats the members of a failed run before later requests, on any free thread', async () => {
    const { runtime, batcher } = open({ parallelism: 2 })
    for (const first of [1, 2]) void batcher.submit(request(first))
    await settle()
    void batcher.submit(request(3))
    await settle()
    void batcher.submit(request(4))
    runtime.started[0]!.refuse('one of them')
    await settle()
    runtime.started[1]!.finish()
    await settle()
    expect(runtime.started.slice(2).map(({ inputs }) => values(inputs)[0])).toEqual([1, 2])
  })

  test('the batcher stops joining after an output without a row for each row, and repeats these requests singly', async () => {
    const onUnjoinable = vi.fn<(reason: string) => void>()
    const { runtime, batcher } = open({ onUnjoinable })
    const results = [1, 2].map((first) => batcher.submit(request(first)))
    await settle()
    runtime.started[0]!.finish(request(9).inputs)
    for (const run of [1, 2]) {
      await settle()
      runtime.started[run]!.finish()
    }
    expect((await Promise.all(results)).map(({ outputs }) => values(outputs)[0])).toEqual([1, 2])
    expect(onUnjoinable.mock.calls).toEqual([['output x does not follow the batch']])
    for (const first of [3, 4]) void batcher.submit(request(first))
    await settle()
    expect(values(runtime.started[3]!.inputs)).toEqual([3, 4])
  })

  test('the batcher delays a run if it is asked to, until the run is full or old enough', async () => {
    const { runtime, batcher } = open({ maxDelayMs: 10, maxBatchSize: 2 })
    void batcher.submit(request(1))
    await vi.advanceTimersByTimeAsync(9)
    expect(runtime.started).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(runtime.started).toHaveLength(1)
    runtime.started[0]!.finish()
    await settle()
    void batcher.submit(request(2))
    void batcher.submit(request(3))
    await settle()
    expect(values(runtime.started[1]!.inputs)).toEqual([2, 3, 3, 4])
  })

  test('the batcher does not delay a run longer when more urgent requests come', async () => {
    const { runtime, batcher } = open({ maxDelayMs: 10 })
    void batcher.submit(request(1))
    await vi.advanceTimersByTimeAsync(9)
    void batcher.submit(request(2, 1, { priority: 1 }))
    await vi.advanceTimersByTimeAsync(1)
    expect(runtime.started).toHaveLength(1)
  })
})

describe('admission', () => {
  test('the batcher refuses a request at once if too many requests wait', async () => {
    const { batcher } = open({ maxQueued: 2, maxBatchSize: 1 })
    void batcher.submit(request())
    await settle()
    void batcher.submit(request())
    batcher.checkRoom()
    void batcher.submit(request())
    await expect(batcher.submit(request())).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    expect(() => batcher.checkRoom()).toThrow('2 requests with 2 rows are waiting already: try again later')
  })

  test('the batcher refuses a request if too many rows wait, but accepts a large one if no request waits', async () => {
    const { batcher } = open({ maxQueuedRows: 5 })
    void batcher.submit(request(0, 9))
    await expect(batcher.submit(request(0, 1))).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    await settle()
    void batcher.submit(request(0, 4))
    void batcher.submit(request(0, 1))
    await expect(batcher.submit(request(0, 1))).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  })

  test('the batcher refuses a request if the waiting requests hold too much memory', async () => {
    const { batcher } = open({ maxQueued: 10, maxBatchSize: 1, maxQueuedRows: 1e9 })
    // Typed arrays only reserve their memory until they are written.
    const large = (): InferenceRequest => {
      return { inputs: new Map([['x', { dataType: 'uint8', shape: [1, 2 ** 28], data: new Uint8Array(2 ** 28) }]]) }
    }
    void batcher.submit(request())
    await settle()
    void batcher.submit(large())
    void batcher.submit(request())
    await expect(batcher.submit(request())).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  })

  test('the batcher never computes a request whose deadline passed while it waited', async () => {
    const { runtime, batcher } = open()
    const first = batcher.submit(request(1))
    await settle()
    const late = batcher.submit(request(2, 1, { deadline: performance.now() + 50 }))
    const outcome = late.catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(50)
    expect(await outcome).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    expect(batcher.queued).toBe(0)
    runtime.started[0]!.finish()
    await first
    await settle()
    expect(runtime.started).toHaveLength(1)
  })

  test('the batcher never computes a request that is too late, even if no timer has fired yet', async () => {
    const { runtime, batcher } = open()
    const results = [1, 2].map((first) => {
      const deadline = first === 1 ? performance.now() + 5 : undefined
      return batcher.submit(request(first, 1, { deadline })).catch((error: unknown) => error)
    })
    // The event loop was held up before it came to what waits.
    const now = performance.now()
    vi.spyOn(performance, 'now').mockReturnValue(now + 6)
    await settle()
    expect(runtime.started.map(({ inputs }) => values(inputs)[0])).toEqual([2])
    expect(await results[0]).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  })

  test('the batcher ends each waiting request at its deadline, in any order of arrival', async () => {
    const { runtime, batcher } = open()
    void batcher.submit(request())
    await settle()
    const late: number[] = []
    for (const ms of [50, 20, 80, 20]) {
      void batcher.submit(request(1, 1, { deadline: performance.now() + ms })).catch(() => late.push(ms))
    }
    for (const [ms, expected] of [
      [19, []],
      [1, [20, 20]],
      [30, [20, 20, 50]],
      [30, [20, 20, 50, 80]],
    ] as const) {
      await vi.advanceTimersByTimeAsync(ms)
      expect(late).toEqual(expected)
    }
    expect(batcher.queued).toBe(0)
    expect(runtime.started).toHaveLength(1)
  })

  test('the batcher still answers a request that started before its deadline', async () => {
    const { runtime, batcher } = open()
    const result = batcher.submit(request(1, 1, { deadline: performance.now() + 50 }))
    await settle()
    await vi.advanceTimersByTimeAsync(500)
    runtime.started[0]!.finish()
    expect((await result).timings).toMatchObject({ queueMs: 0, computeMs: 500 })
  })

  test('the batcher refuses a request whose deadline has already passed, or whose client is already gone', async () => {
    const { batcher } = open()
    const late = request(1, 1, { deadline: performance.now() })
    const gone = new Cancellation()
    gone.cancel()
    await expect(batcher.submit(late)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await expect(batcher.submit(request(), gone)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(batcher.queued).toBe(0)
  })

  test('the batcher never computes a request whose client left before its turn', async () => {
    const { runtime, batcher } = open()
    void batcher.submit(request(1))
    await settle()
    const client = new Cancellation()
    const left = batcher.submit(request(2), client)
    client.cancel()
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(batcher.queued).toBe(0)
    runtime.started[0]!.finish()
    await settle()
    expect(runtime.started).toHaveLength(1)
  })

  test('the batcher still answers a request that is being computed when its client leaves', async () => {
    const { runtime, batcher } = open()
    const client = new Cancellation()
    const result = batcher.submit(request(), client)
    await settle()
    client.cancel()
    runtime.started[0]!.finish()
    await expect(result).resolves.toHaveProperty('timings')
  })

  test('the batcher loses no request: each one is answered, refused, late, cancelled or failed', async () => {
    const action = fc.record({
      rows: fc.integer({ min: 1, max: 4 }),
      what: fc.constantFrom('send', 'cancel', 'finish', 'refuse', 'fail', 'wait'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const { runtime, batcher } = open({ maxQueued: 4, maxQueuedRows: 8, maxBatchSize: 4, parallelism: 2 })
        const clients: Cancellation[] = []
        const outcomes: Promise<string>[] = []
        for (const { rows, what } of actions) {
          if (what === 'send') {
            const client = new Cancellation()
            clients.push(client)
            const sent = request(0, rows, { deadline: performance.now() + 20 })
            const answered = batcher.submit(sent, client).then(() => 'answered')
            outcomes.push(answered.catch(({ code, message }: { code?: string; message: string }) => code ?? message))
          } else if (what === 'cancel') clients.shift()?.cancel()
          else if (what === 'wait') await vi.advanceTimersByTimeAsync(15)
          else if (what === 'finish') runtime.started.shift()?.finish()
          else if (what === 'refuse') runtime.started.shift()?.refuse('refused')
          else runtime.started.shift()?.fail(new Error('failed'))
          await settle()
        }
        const drained = batcher.drain()
        while (runtime.started.length > 0 || batcher.queued > 0) {
          runtime.started.shift()?.finish()
          await settle()
        }
        await drained
        const known = ['answered', 'QUEUE_FULL', 'CANCELLED', 'DEADLINE_EXCEEDED', 'INFERENCE_FAILED', 'failed']
        for (const outcome of await Promise.all(outcomes)) expect(known).toContain(outcome)
        expect(batcher.queued).toBe(0)
      }),
    )
  })
})

describe('draining', () => {
  test('draining refuses new requests, answers the accepted ones, and then ends', async () => {
    const { runtime, batcher } = open({ maxBatchSize: 1 })
    const accepted = [batcher.submit(request()), batcher.submit(request())]
    let isDrained = false
    const drained = batcher.drain().then(() => (isDrained = true))
    await expect(batcher.submit(request())).rejects.toMatchObject({ code: 'MODEL_NOT_READY' })
    expect(() => batcher.checkRoom()).toThrow('shutting down')
    await settle()
    runtime.started[0]!.finish()
    await settle()
    expect(isDrained).toBe(false)
    runtime.started[1]!.finish()
    await drained
    await expect(Promise.all(accepted)).resolves.toHaveLength(2)
  })

  test('draining does not delay a request that waits for others', async () => {
    const { runtime, batcher } = open({ maxDelayMs: 1000 })
    const result = batcher.submit(request())
    await settle()
    const drained = batcher.drain()
    runtime.started[0]!.finish()
    await result
    await drained
  })

  test('draining ends at once if the batcher is idle, and also after the last waiting request has left', async () => {
    await open().batcher.drain()
    const { runtime, batcher } = open()
    const first = batcher.submit(request())
    await settle()
    const client = new Cancellation()
    const waiting = batcher.submit(request(), client)
    const drained = batcher.drain()
    client.cancel()
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
    runtime.started[0]!.finish()
    await first
    await drained
  })
})

describe('giving up', () => {
  test('giving up ends all waiting and running requests with an error, and accepts no more', async () => {
    const { runtime, batcher } = open()
    const outcomes = [1, 2, 3].map((first) => batcher.submit(request(first)).catch((error: unknown) => error))
    await settle()
    const waiting = batcher.submit(request(4)).catch((error: unknown) => error)
    batcher.abandon(new ServingError('MODEL_NOT_READY', 'gives up'))
    for (const outcome of [...outcomes, waiting]) expect(await outcome).toMatchObject({ message: 'gives up' })
    await expect(batcher.submit(request())).rejects.toMatchObject({ code: 'MODEL_NOT_READY' })
    runtime.started[0]!.finish()
    await settle()
    expect(runtime.started).toHaveLength(1)
  })
})
