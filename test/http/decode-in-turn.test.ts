import type { FastifyRequest } from 'fastify'
import { expect, test, vi } from 'vitest'
import { ServingError } from '../../src/core/errors.ts'
import { Turns } from '../../src/core/turns.ts'
import { decodeInTurn } from '../../src/http/infer.ts'
import type { ModelPath } from '../../src/http/routes/predict.ts'
import type { Model } from '../../src/models/model.ts'

function open({ bytes, isGone = false, isFull = false }: { bytes: number; isGone?: boolean; isFull?: boolean }) {
  const request = { inference: { isGone } } as FastifyRequest<ModelPath>
  const model = {
    checkRoom() {
      if (isFull) throw new ServingError('QUEUE_FULL', 'full')
    },
  } as Model
  const decode = vi.fn(() => 'decoded')
  return { decode, decoded: decodeInTurn(request, model, { turns: new Turns(), bytes: Buffer.alloc(bytes) }, decode) }
}

test('a short body is decoded at once', () => {
  expect(open({ bytes: 100 }).decoded).toBe('decoded')
})

test('a long body is decoded in its turn', async () => {
  const { decode, decoded } = open({ bytes: 50_000 })
  expect(decode).not.toHaveBeenCalled()
  expect(await decoded).toBe('decoded')
})

test.each([
  ['CANCELLED', { isGone: true }],
  ['QUEUE_FULL', { isFull: true }],
])('a long body is not decoded where its request is %s meanwhile', async (code, state) => {
  const { decode, decoded } = open({ bytes: 50_000, ...state })
  await expect(decoded).rejects.toMatchObject({ code })
  expect(decode).not.toHaveBeenCalled()
})
