import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import type { Cancellation } from '../../src/core/cancellation.ts'
import { infer } from '../../src/http/infer.ts'
import type { ModelPath } from '../../src/http/routes/predict.ts'
import type { Model } from '../../src/models/model.ts'

test.each([true, false])('a client that has left before its body was decoded (%s) is not computed', async (isGone) => {
  const seen: (boolean | undefined)[] = []
  const model = {
    infer: async (_request: unknown, cancellation?: Cancellation) => {
      seen.push(cancellation?.isCancelled)
      return { outputs: new Map(), timings: { queueMs: 0, computeMs: 0, batchSize: 1 } }
    },
  } as unknown as Model
  const request = { inference: { isGone } } as FastifyRequest<ModelPath>
  await infer(request, model, { inputs: new Map() }, 0)
  expect(seen).toEqual([isGone])
})
