import { describe, expect, test, vi } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { ServingError } from '../../src/core/errors.ts'
import type { InferenceRequest, InferenceResult } from '../../src/core/inference.ts'
import type { Observation } from '../../src/core/observation.ts'
import { Turns } from '../../src/core/turns.ts'
import type { Model } from '../../src/models/model.ts'
import type { Codec } from '../../src/protocols/codec.ts'
import { answer } from '../../src/serving/answer.ts'
import type { RequestContext } from '../../src/serving/answer.ts'
import { createView, spec } from '../support/views.ts'

const SHORT = 100
const LONG = 50_000
const INPUTS = new Map([['x', { dataType: 'float32', shape: [3, 1], data: Float32Array.of(1, 2, 3) }]] as const)
const RESULT: InferenceResult = { outputs: new Map(), timings: { queueMs: 1, computeMs: 2, batchSize: 3 } }

/** A model that notes what it is asked, a codec that notes its calls, and the context of one request. */
function open(decoded: Partial<InferenceRequest> = {}) {
  const steps: string[] = []
  const signature = { inputs: [spec('x', 'float32', [-1, 1])], outputs: [spec('y', 'float32', [-1, 1])] }
  const view = createView({ signature })
  const scoringView = createView({ signature })
  const model = {
    view,
    scoringView,
    checkRoom: vi.fn(() => void steps.push('room')),
    infer: vi.fn(async (_request: InferenceRequest, _cancellation?: Cancellation) => {
      steps.push('compute')
      return RESULT
    }),
  }
  const codec = {
    decode: vi.fn((): InferenceRequest => {
      steps.push('decode')
      return { inputs: INPUTS, ...decoded }
    }),
    encode: vi.fn(() => {
      steps.push('encode')
      return 'reply'
    }),
  } satisfies Codec<{ bytes: Buffer }, InferenceRequest, string>
  const observation: Observation = {}
  const context: RequestContext = {
    find: () => {
      steps.push('find')
      return model as unknown as Model
    },
    startedAt: 1000,
    deadline: 2000,
    cancellation: new Cancellation(),
    observation,
    turns: new Turns(),
  }
  const send = (bytes = SHORT, more: Partial<RequestContext> = {}): Promise<string> => {
    const readBody = (): { bytes: Buffer } => {
      steps.push('read')
      return { bytes: Buffer.alloc(bytes) }
    }
    return answer(codec, readBody, { ...context, ...more })
  }
  return { steps, model, codec, context, send, view, scoringView }
}

describe('the sequence of a request', () => {
  test('is to find the model, check its room, read, decode, compute and encode', async () => {
    const { steps, send } = open()
    expect(await send()).toBe('reply')
    expect(steps).toEqual(['find', 'room', 'read', 'decode', 'compute', 'encode'])
  })

  test('ends before the body is read if the model has no room', async () => {
    const { steps, model, send } = open()
    model.checkRoom.mockImplementation(() => {
      throw new ServingError('QUEUE_FULL', 'full')
    })
    await expect(send()).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    expect(steps).toEqual(['find'])
  })

  test('observes the model, the rows and the timings', async () => {
    const { context, send, view } = open()
    await send()
    expect(context.observation).toEqual({ model: view, rows: 3, timings: RESULT.timings })
  })

  test('observes the model of a request that cannot be decoded', async () => {
    const { context, codec, send, view } = open()
    codec.decode.mockImplementation(() => {
      throw new ServingError('INVALID_INPUT', 'no')
    })
    await expect(send()).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    expect(context.observation).toEqual({ model: view })
  })

  test('tells the transport when the outputs are computed', async () => {
    const onComputed = vi.fn()
    await open().send(SHORT, { onComputed })
    expect(onComputed).toHaveBeenCalledExactlyOnceWith(RESULT)
  })

  test('decodes with the view of scoring servers if the context says so', async () => {
    const { codec, send, scoringView } = open()
    await send(SHORT, { usesScoringView: true })
    expect(codec.decode.mock.lastCall).toEqual([{ bytes: expect.anything() }, scoringView])
  })
})

describe('a long body', () => {
  test('is decoded in a later turn of the event loop', async () => {
    const { codec, send } = open()
    const reply = send(LONG)
    await Promise.resolve()
    expect(codec.decode).not.toHaveBeenCalled()
    expect(await reply).toBe('reply')
  })

  test('is not decoded if its client leaves before its turn', async () => {
    const { codec, context, send } = open()
    const reply = send(LONG)
    context.cancellation.cancel()
    await expect(reply).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(codec.decode).not.toHaveBeenCalled()
  })

  test('is not decoded if the queue fills before its turn', async () => {
    const { codec, model, send } = open()
    const reply = send(LONG)
    model.checkRoom.mockImplementation(() => {
      throw new ServingError('QUEUE_FULL', 'full')
    })
    await expect(reply).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    expect(codec.decode).not.toHaveBeenCalled()
  })
})

describe('the deadline of a request', () => {
  test.each([
    ['is that of the transport if the body has none', undefined, 2000],
    ['counts from the start of the request if the body shortens it', 300, 1300],
    ['is never later than that of the transport', 5000, 2000],
  ])('%s', async (_, timeoutMs, deadline) => {
    const { model, send } = open({ timeoutMs })
    await send()
    expect(model.infer.mock.lastCall![0]).toMatchObject({ deadline })
  })
})

test('a run learns that the client of its request leaves', async () => {
  const { context, model, send } = open()
  await send()
  expect(model.infer.mock.lastCall![1]).toBe(context.cancellation)
})
