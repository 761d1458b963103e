import { describe, expect, test } from 'vitest'
import { toWarningsHeader } from '../../src/http/warnings-header.ts'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { startGrpc, ask } from '../support/grpc.ts'

const DESCRIPTION = JSON.stringify({ features: [{ name: 'größe', maximum: 2 }, { name: 'b' }] })
const FILES = { 'm/1/model.onnx': { model: 'regressor' }, 'm/model.json': DESCRIPTION } as const
const WARNING = 'größe: expected at most 2, got 3'

describe('a value outside of its usual range', () => {
  test.each<[string, string, string, unknown]>([
    ['/predict', 'application/json', '{"größe":3,"b":1}', { warnings: [WARNING] }],
    ['/predict', 'text/csv', 'größe,b\n3,1\n', { warnings: [WARNING] }],
    ['/v1/models/m:predict', 'application/json', '{"instances":[[3,1]]}', { warnings: [WARNING] }],
    ['/invocations', 'application/json', '{"inputs":[[3,1]]}', { warnings: [WARNING] }],
    [
      '/v2/models/m/infer',
      'application/json',
      '{"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","data":[3,1]}]}',
      { parameters: { warnings: WARNING } },
    ],
  ])('the answer of %s to %s warns of an unusual value', async (url, type, payload, expected) => {
    const { app } = await startApp({ folder: createFolder(FILES) })
    const reply = await app.inject({ method: 'POST', url, headers: { 'content-type': type }, payload })
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toMatchObject(expected as object)
    expect(reply.headers).not.toHaveProperty('x-warnings')
  })

  test.each(['text/csv', 'application/jsonlines'])(
    'an answer as %s warns of an unusual value in a header',
    async (accept) => {
      const { app } = await startApp({ folder: createFolder(FILES) })
      const headers = { 'content-type': 'application/jsonlines', accept }
      const reply = await app.inject({ method: 'POST', url: '/invocations', headers, payload: '[3,1]\n' })
      expect(JSON.parse(reply.headers['x-warnings'] as string)).toEqual([WARNING])
    },
  )

  test('gRPC warns of an unusual value in a parameter of the answer', async () => {
    const { client } = await startGrpc({ folder: createFolder(FILES) })
    const inputs = [{ name: 'X', shape: [1, 2], datatype: 'FP32', contents: { fp32_contents: [3, 1] } }]
    const { reply } = await ask(client, 'ModelInfer', { model_name: 'm', inputs })
    expect(reply.parameters.warnings.string_param).toBe(WARNING)
  })
})

test('the header x-warnings has a maximum length', () => {
  const many = Array.from({ length: 11 }, (_, at) => `${at} ${'é'.repeat(400)}`)
  expect(toWarningsHeader(many).length).toBeLessThan(4100)
  expect(JSON.parse(toWarningsHeader(many))).toEqual([many[0]])
})
