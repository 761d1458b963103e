import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { wideModel } from '../support/wide-model.ts'

const WIDTH = 1000
const JSON_TYPE = 'application/json'

interface Way {
  readonly path: string
  readonly body: (rows: number) => string
  readonly headers?: Readonly<Record<string, string>>
  /** How many numbers an answer has. */
  readonly count: (answer: Buffer, headLength: number) => number
}

const ones = (rows: number): number[] => Array.from({ length: rows }, () => 1)
const instances = (rows: number): string => JSON.stringify({ instances: ones(rows).map((one) => [one]) })
const v2 = (rows: number, more = {}): string =>
  JSON.stringify({ inputs: [{ name: 'x', shape: [rows, 1], datatype: 'FP32', data: ones(rows) }], ...more })
const parse = (answer: Buffer): any => JSON.parse(String(answer))

const WAYS: readonly (readonly [string, Way])[] = [
  [
    'predictions of /predict',
    { path: '/predict', body: instances, count: (answer) => parse(answer).predictions.flat().length },
  ],
  [
    'tensors of /predict',
    {
      path: '/predict',
      body: (rows) => JSON.stringify({ inputs: { x: ones(rows).map((one) => [one]) } }),
      count: (answer) => parse(answer).outputs.y.flat().length,
    },
  ],
  ['V1', { path: '/v1/models/m:predict', body: instances, count: (answer) => parse(answer).predictions.flat().length }],
  [
    'CSV',
    {
      path: '/invocations',
      body: instances,
      headers: { accept: 'text/csv' },
      count: (answer) => String(answer).split(/[,\n]/).length - 1,
    },
  ],
  [
    'JSON lines',
    {
      path: '/invocations',
      body: instances,
      headers: { accept: 'application/jsonlines' },
      count: (answer) =>
        String(answer)
          .trim()
          .split('\n')
          .flatMap((line) => JSON.parse(line) as number[]).length,
    },
  ],
  ['V2 JSON', { path: '/v2/models/m/infer', body: v2, count: (answer) => parse(answer).outputs[0].data.length }],
  [
    'V2 binary',
    {
      path: '/v2/models/m/infer',
      body: (rows) => v2(rows, { parameters: { binary_data_output: true } }),
      count: (answer, headLength) => (answer.length - headLength) / 4,
    },
  ],
  [
    'V2 classification',
    {
      path: '/v2/models/m/infer',
      body: (rows) => v2(rows, { outputs: [{ name: 'y', parameters: { classification: WIDTH } }] }),
      count: (answer) => parse(answer).outputs[0].data.length,
    },
  ],
]

async function open(maxAnswerBytes: number) {
  const folder = createFolder({ 'm/1/model.onnx': wideModel(WIDTH) })
  const { app } = await startApp({ folder, maxAnswerBytes, maxRows: 10_000, bodyLimitBytes: 1_000_000 })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const send = ({ path, body, headers }: Way, rows: number, more = {}): ClientRequest => {
    const all = { 'content-type': JSON_TYPE, ...headers, ...more }
    return httpRequest({ host: '127.0.0.1', port, method: 'POST', path, headers: all, agent: false }).end(body(rows))
  }
  const ask = async (way: Way, rows: number, more = {}) => {
    const [reply] = (await once(send(way, rows, more), 'response')) as [IncomingMessage]
    return { status: reply.statusCode, headers: reply.headers, body: await buffer(reply) }
  }
  return { send, ask }
}

describe.each(WAYS)('an answer as %s', (name, way) => {
  test(`a too long answer as ${name} is refused, and the error has the number of rows that fit`, async () => {
    const { ask } = await open(2_000_000)
    const { status, body } = await ask(way, 1000)
    expect(status).toBe(413)
    const fit = Number(/send at most (\d+) rows in one request/.exec(parse(body).error)![1])
    expect((await ask(way, fit)).status).toBe(200)
    expect((await ask(way, fit + 1)).status).toBe(413)
  })

  test(`an answer as ${name} that is sent in slices has every number`, async () => {
    const { ask } = await open(2 ** 26)
    const { status, headers, body } = await ask(way, 600)
    expect(status).toBe(200)
    expect(way.count(body, Number(headers['inference-header-content-length']))).toBe(600 * WIDTH)
  })
})

const PREDICT = WAYS[0]![1]
const V2_JSON = WAYS[5]![1]
const V2_BINARY = WAYS[6]![1]

test.each([
  ['JSON', PREDICT],
  ['binary', V2_BINARY],
])('outputs that are far too large for %s are refused with a number of rows that fits', async (_name, way) => {
  const { ask } = await open(2_000_000)
  const { status, body } = await ask(way, 10_000)
  expect(status).toBe(413)
  const fit = Number(/send at most (\d+) rows in one request/.exec(parse(body).error)![1])
  expect((await ask(way, fit)).status).toBe(200)
})

test('a single row whose answer is too long is refused with the setting to change', async () => {
  const { ask } = await open(1000)
  const { status, body } = await ask(PREDICT, 1)
  expect(status).toBe(413)
  expect(parse(body)).toMatchObject({
    code: 'ANSWER_TOO_LARGE',
    error: expect.stringMatching(
      /^the answer may take \d+ bytes, more than the 1000 .*: ask for fewer outputs, .*--max-answer/,
    ),
  })
})

test.each([
  ['JSON', V2_JSON],
  ['binary', V2_BINARY],
])('a long answer of V2 %s is compressed if the client asks for it', async (_name, way) => {
  const { ask } = await open(2 ** 26)
  const plain = await ask(way, 600)
  const packed = await ask(way, 600, { 'accept-encoding': 'gzip' })
  expect(packed.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(packed.body).equals(plain.body)).toBe(true)
})

test('unread long answers over HTTP are limited together, and a client that leaves makes room', async () => {
  const { send, ask } = await open(2 ** 24)
  const rows = 600
  // Each of these may take more than three quarters of the largest answer.
  const unread = Array.from({ length: 4 }, () => send(PREDICT, rows))
  await Promise.all(unread.map((each) => once(each, 'response')))
  const refused = await ask(PREDICT, rows)
  expect(refused.status).toBe(429)
  expect(refused.headers['retry-after']).toBe('1')
  expect(parse(refused.body).error).toMatch(
    /^answers of up to \d+ bytes wait for clients to read them: try again later/,
  )
  expect((await ask(PREDICT, 1)).status).toBe(200)
  unread[0]!.destroy()
  await expect.poll(async () => (await ask(PREDICT, rows)).status).toBe(200)
  for (const each of unread) each.destroy()
})
