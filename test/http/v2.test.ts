import { deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'

type Started = Awaited<ReturnType<typeof startApp>>

const INFER = '/v2/models/iris/infer'
const FLOWER = { name: 'X', shape: [1, 4], datatype: 'FP64', data: [5.1, 3.5, 1.4, 0.2] }
const BODY = JSON.stringify({ id: '7', inputs: [FLOWER] })
const PROBABILITIES = { name: 'probabilities', shape: [1, 3], datatype: 'FP32', data: [1, 0, 0] }

/** Without a content-type, as Triton's client sends it. */
async function infer(
  { app }: Pick<Started, 'app'>,
  payload: string | Buffer,
  headers: Record<string, string> = {},
  url = INFER,
) {
  const reply = await app.inject({ method: 'POST', url, headers, payload })
  return { status: reply.statusCode, headers: reply.headers, body: reply.rawPayload }
}

function json(reply: { body: Buffer }): unknown {
  return JSON.parse(reply.body.toString())
}

describe('the metadata of the Open Inference Protocol', () => {
  test.each<[string, number, unknown]>([
    [
      '/v2',
      200,
      {
        name: 'onnx-serve',
        version: '0.0.0',
        extensions: expect.arrayContaining(['binary_tensor_data', 'statistics']),
      },
    ],
    ['/v2/', 200, { name: 'onnx-serve' }],
    ['/v2/health/live', 200, { live: true }],
    ['/v2/health/ready', 200, { ready: true }],
    ['/v2/models', 200, { models: ['iris'] }],
    ['/v2/models/iris/ready', 200, { name: 'iris', ready: true }],
    ['/v2/models/iris/versions/1/ready', 200, { name: 'iris', ready: true }],
    [
      '/v2/models/iris',
      200,
      {
        name: 'iris',
        versions: ['1'],
        platform: 'onnxruntime_onnx',
        inputs: [{ name: 'X', datatype: 'FP64', shape: [-1, 4] }],
        outputs: [
          { name: 'label', datatype: 'BYTES', shape: [-1] },
          { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
        ],
      },
    ],
    ['/v2/models/iris/versions/1', 200, { name: 'iris' }],
    [
      '/v2/models/iris/config',
      200,
      {
        max_batch_size: 1000,
        input: [{ name: 'X', data_type: 'TYPE_FP64', dims: [4], format: 'FORMAT_NONE', optional: false }],
        output: [{ name: 'label', label_filename: '' }, { name: 'probabilities' }],
        model_transaction_policy: { decoupled: false },
      },
    ],
    ['/v2/models/nothing', 404, { error: 'Request for unknown model: no model is named "nothing"; served: iris' }],
    [
      '/v2/models/iris/versions/9/ready',
      404,
      { error: expect.stringMatching(/^Request for unknown model: model iris has no version "9"/) },
    ],
  ])('GET %s is answered as V2 defines it', async (path, status, body) => {
    const { server } = await startApp()
    const reply = await request(server).get(path).expect(status)
    expect(reply.body).toMatchObject(body as object)
  })

  test('V2 shows which models are not ready, and the reason', async () => {
    const { server } = await startApp({
      folder: createFolder({ 'bad.onnx': 'broken', 'good.onnx': { model: 'regressor' } }),
    })
    await request(server).get('/v2/health/ready').expect(503, { ready: false })
    await request(server).get('/v2/models/bad/ready').expect(503, { name: 'bad', ready: false })
    const { body } = await request(server).post('/v2/repository/index').expect(200)
    expect(body).toMatchObject([
      { name: 'bad', version: '1', state: 'UNAVAILABLE', reason: expect.stringMatching(/^failed to load: bad\.onnx/) },
      { name: 'good', state: 'READY', reason: '' },
    ])
    const ready = await request(server).post('/v2/repository/index').send({ ready: true }).expect(200)
    expect(ready.body).toMatchObject([{ name: 'good' }])
    await request(server).post('/v2/repository/index').set('content-type', '').send('{').expect(400)
  })

  test.each(['[]', '{"ready":1}', 'null', '"ready"', 'x'])(
    'the repository index of V2 refuses the body %s',
    async (body) => {
      const { server } = await startApp()
      const reply = await request(server).post('/v2/repository/index').send(body).expect(400)
      expect(Object.keys(reply.body)).toEqual(['error'])
    },
  )

  test('the repository index of V2 accepts a gzip body', async () => {
    const { app } = await startApp({ folder: createFolder({ 'bad.onnx': 'broken' }) })
    const headers = { 'content-encoding': 'gzip' }
    const ask = (text: string) => infer({ app }, gzipSync(text), headers, '/v2/repository/index')
    expect(json(await ask('{"ready":false}'))).toHaveLength(1)
    expect(json(await ask('{"ready":true}'))).toEqual([])
  })

  test('the statistics of V2 count the runs that were computed', async () => {
    const { server, app } = await startApp()
    await infer({ app }, BODY)
    await infer({ app }, JSON.stringify({ inputs: [{ ...FLOWER, shape: [2, 4], data: Array(8).fill(1) }] }))
    const { body } = await request(server).get('/v2/models/iris/stats').expect(200)
    expect(body.model_stats).toMatchObject([
      {
        inference_count: 3,
        execution_count: 2,
        inference_stats: { success: { count: 2 }, fail: { count: 0 }, compute_infer: { count: 2 } },
        batch_stats: [
          { batch_size: 1, compute_infer: { count: 1 } },
          { batch_size: 2, compute_infer: { count: 1 } },
        ],
      },
    ])
    expect(body.model_stats[0].inference_stats.compute_infer.ns).toBeGreaterThan(1000)
    expect((await request(server).get('/v2/models/stats')).body.model_stats).toHaveLength(1)
  })
})

test('the statistics of V2 are those of every version of a model, or of the version in the path', async () => {
  const files = { 'm/1/model.onnx': { model: 'regressor' }, 'm/2/model.onnx': { model: 'regressor' } } as const
  const { server } = await startApp({ folder: createFolder({ ...files, 'm/3/model.onnx': 'broken', 'bad.onnx': 'x' }) })
  const versions = async (path: string) => {
    const { body } = await request(server).get(path).expect(200)
    return body.model_stats.map(({ version }: { version: string }) => version)
  }
  expect(await versions('/v2/models/m/stats')).toEqual(['1', '2'])
  expect(await versions('/v2/models/m/versions/1/stats')).toEqual(['1'])
  await request(server).get('/v2/models/bad/stats').expect(503)
  const unknown = await request(server).get('/v2/models/x/stats').expect(404)
  expect(unknown.body.error).toMatch(/^Request for unknown model/)
})

describe('the Open Inference Protocol infers', () => {
  test.each([INFER, '/v2/models/iris/versions/1/infer'])('V2 infers at %s from JSON', async (path) => {
    const { app } = await startApp()
    expect(json(await infer({ app }, BODY, {}, path))).toEqual({
      model_name: 'iris',
      model_version: '1',
      id: '7',
      outputs: [{ name: 'label', shape: [1], datatype: 'BYTES', data: ['setosa'] }, PROBABILITIES],
    })
  })

  test.each(['', 'json', 'application/', 'a b/c', 'application/x-thing'])(
    'V2 infers with the content-type %j',
    async (type) => {
      const { app } = await startApp()
      expect((await infer({ app }, BODY, { 'content-type': type })).status).toBe(200)
    },
  )

  test('V2 infers from binary inputs into binary outputs', async () => {
    const { app } = await startApp()
    const { data, ...input } = FLOWER
    const head = JSON.stringify({
      inputs: [{ ...input, parameters: { binary_data_size: 32 } }],
      outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
    })
    const body = Buffer.concat([Buffer.from(head), Buffer.from(Float64Array.from(data).buffer)])
    const reply = await infer({ app }, body, { 'inference-header-content-length': String(head.length) })
    expect(reply.headers['content-type']).toBe('application/octet-stream')
    const at = Number(reply.headers['inference-header-content-length'])
    const answered = reply.body
    expect(JSON.parse(answered.subarray(0, at).toString())).toMatchObject({
      outputs: [{ parameters: { binary_data_size: 12 } }],
    })
    expect(answered.subarray(at)).toEqual(Buffer.from(Float32Array.of(1, 0, 0).buffer))
  })

  test('a binary answer of V2 has the length of its JSON, also if its outputs have no elements', async () => {
    const { app } = await startApp()
    const outputs = [{ name: 'probabilities', parameters: { binary_data: true } }]
    const reply = await infer({ app }, JSON.stringify({ inputs: [{ ...FLOWER, shape: [0, 4], data: [] }], outputs }))
    expect(reply.headers['content-type']).toBe('application/octet-stream')
    expect(reply.headers['inference-header-content-length']).toBe(String(reply.body.length))
    expect(json(reply)).toMatchObject({ outputs: [{ shape: [0, 3], parameters: { binary_data_size: 0 } }] })
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('V2 infers from a body in %s', async (encoding, compress) => {
    const { app } = await startApp()
    const body = json(await infer({ app }, compress(BODY), { 'content-encoding': encoding }))
    expect(body).toMatchObject({ id: '7' })
  })

  test('V2 compresses an answer that is long enough if the client accepts gzip', async () => {
    const { app } = await startApp()
    const many = JSON.stringify({ inputs: [{ ...FLOWER, shape: [200, 4], data: Array(800).fill(1) }] })
    const reply = await infer({ app }, many, { 'accept-encoding': 'br, gzip;q=0.5' })
    expect(reply.headers['content-encoding']).toBe('gzip')
    expect(JSON.parse(gunzipSync(reply.body).toString())).toHaveProperty('outputs')
    expect((await infer({ app }, BODY, { 'accept-encoding': 'gzip' })).headers).not.toHaveProperty('content-encoding')
  })

  test.each<[string, string | undefined, number]>([
    ['gzip;q=0', undefined, 200],
    ['gzip;q=0, *', 'deflate', 200],
    ['gzip;q=0.2, deflate;q=0.7', 'deflate', 200],
    ['deflate, gzip', 'deflate', 200],
    ['*', 'gzip', 200],
    ['gzip;q=0.5, identity', undefined, 200],
    ['br', undefined, 200],
    ['identity;q=0, deflate', 'deflate', 200],
    ['br, identity;q=0', undefined, 406],
    ['*;q=0', undefined, 406],
  ])('V2 chooses the encoding that the client prefers: accept-encoding %s', async (accepted, encoding, status) => {
    const { app } = await startApp()
    const many = JSON.stringify({ inputs: [{ ...FLOWER, shape: [200, 4], data: Array(800).fill(1) }] })
    const large = await infer({ app }, many, { 'accept-encoding': accepted })
    expect([large.status, large.headers['content-encoding']]).toEqual([status, encoding])
    if (status === 200) expect(large.headers['vary']).toBe('accept-encoding')
    const small = await infer({ app }, BODY, { 'accept-encoding': accepted })
    const isPlainRefused = accepted.includes('identity;q=0')
    expect([small.status, small.headers['content-encoding']]).toEqual([status, isPlainRefused ? encoding : undefined])
  })
})

describe('refusals of the Open Inference Protocol', () => {
  const bomb = gzipSync(Buffer.alloc(10_000_000))
  test.each<[string, string | Buffer, Record<string, string>, number, RegExp]>([
    ['a body that is no JSON', 'x', {}, 400, /^the body is not valid JSON/],
    ['an empty body', '', {}, 400, /^the body is empty/],
    [
      'a wrong number of elements',
      JSON.stringify({ inputs: [{ ...FLOWER, data: [1] }] }),
      {},
      400,
      /^inputs\[0\]\.data: shape \[1,4\] takes 4 elements, got 1/,
    ],
    [
      'a JSON length beyond the body',
      BODY,
      { 'inference-header-content-length': '9999' },
      400,
      /^Inference-Header-Content-Length is 9999/,
    ],
    [
      'a JSON length in words',
      BODY,
      { 'inference-header-content-length': 'all' },
      400,
      /^Inference-Header-Content-Length: expected a number/,
    ],
    [
      'a small gzip body that becomes too large',
      bomb,
      { 'content-encoding': 'gzip' },
      413,
      /larger than 100000 bytes when it is decompressed/,
    ],
    ['broken gzip', 'x', { 'content-encoding': 'gzip' }, 400, /^the body is not valid gzip/],
    [
      'an unknown content-encoding',
      BODY,
      { 'content-encoding': 'br' },
      415,
      /^the content-encoding "br" is not supported/,
    ],
    ['a body that is too large', 'x'.repeat(200_000), {}, 413, /larger than 100000 bytes/],
  ])('V2 refuses a request with %s', async (_case, body, headers, status, error) => {
    const { app } = await startApp()
    const reply = await infer({ app }, body, headers)
    expect(reply.status).toBe(status)
    expect(json(reply)).toEqual({ error: expect.stringMatching(error) })
  })

  test.each([
    ['/v2/models/%zz/infer', 400, 'the path is not a valid URL'],
    [`/v2/models/${'x'.repeat(300)}`, 404, 'Request for unknown model: a name in the path is too long'],
    [`/v2/models/iris/versions/${'1'.repeat(300)}`, 404, 'Request for unknown model: a name in the path is too long'],
  ])('V2 refuses the unknown path $0 with an error in its own form', async (path, status, error) => {
    const { server } = await startApp()
    const { body } = await request(server).get(path).expect(status)
    expect(body).toEqual({ error })
  })

  test('V2 refuses unknown models, other methods, the load and unload of models, and requests to a full queue', async () => {
    const { server, app } = await startApp()
    expect(json(await infer({ app }, BODY, {}, '/v2/models/x/infer'))).toEqual({
      error: expect.stringMatching(/^Request for unknown model/),
    })
    const put = await request(server).put('/v2/models/iris').expect(405)
    expect(put.body).toEqual({ error: 'PUT is not allowed here: use GET, HEAD' })
    for (const action of ['load', 'unload']) {
      const { body } = await request(server).post(`/v2/repository/models/iris/${action}`).expect(501)
      expect(body).toEqual({ error: expect.stringMatching(/^failed to .*restart it$/) })
    }
    const slow = await startApp({ folder: createFolder({ 'slow.onnx': { model: 'slow' } }), maxQueued: 1 })
    await slow.app.listen({ port: 0, host: '127.0.0.1' })
    const body = JSON.stringify({ inputs: [{ name: 'iterations', shape: [1, 1], datatype: 'INT64', data: [1500] }] })
    const sent = Array.from({ length: 4 }, () => infer(slow, body, {}, '/v2/models/slow/infer'))
    const refused = (await Promise.all(sent)).filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(2)
    expect(refused[0]!.headers['retry-after']).toBe('1')
  })

  test('V2 refuses a request that waits longer than its timeout in microseconds (rules 14 and 17)', async () => {
    const { app } = await startApp({ folder: createFolder({ 'slow.onnx': { model: 'slow' } }) })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const send = (iterations: number, parameters = {}) => {
      const body = {
        inputs: [{ name: 'iterations', shape: [1, 1], datatype: 'INT64', data: [iterations] }],
        parameters,
      }
      return infer({ app }, JSON.stringify(body), {}, '/v2/models/slow/infer')
    }
    const first = send(3000)
    // Answered when the first is being computed, for far longer than the other may wait.
    await request(app.server).get('/v2/health/live')
    const late = await send(1, { timeout: 20_000 })
    expect([(await first).status, late.status]).toEqual([200, 504])
  })
})
