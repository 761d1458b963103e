import request from 'supertest'
import { describe, expect, test, vi } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { FLOWER, FLOWER_ANSWER } from '../support/iris.ts'
import { waitUntil } from '../support/wait.ts'

describe('POST /predict', () => {
  test.each(['/predict', '/models/iris/predict', '/models/iris/versions/1/predict'])(
    'POST %s answers predictions',
    async (path) => {
      const { server } = await startApp()
      const reply = await request(server).post(path).send(FLOWER).expect(200)
      expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
      expect(reply.body).toEqual(FLOWER_ANSWER)
    },
  )

  test('CSV without a header is accepted only if the content-type says so', async () => {
    const { server } = await startApp()
    const send = (type: string) => request(server).post('/predict').set('content-type', type).send('5.1,3.5,1.4,0.2\n')
    expect((await send('text/csv; header=absent').expect(200)).body).toEqual(FLOWER_ANSWER)
    await send('text/csv').expect(400)
    await send('text/csv; header=maybe').expect(400)
  })

  test.each(['/predict', '/models/iris/predict', '/models/iris/versions/1/predict'])(
    'an unknown query parameter of %s is refused with the name of the known one',
    async (path) => {
      const { server } = await startApp()
      const { body } = await request(server).post(`${path}?topk=1`).send(FLOWER).expect(400)
      expect(body).toEqual({
        error: 'the query parameter "topk" is unknown; this route takes top',
        code: 'INVALID_INPUT',
        details: [],
      })
      await request(server).post(`${path}?top=1&`).send(FLOWER).expect(200)
    },
  )

  test('POST /predict answers one prediction for each row, in order', async () => {
    const { server } = await startApp()
    const rows = [[5.1, 3.5, 1.4, 0.2], { ...FLOWER, petal_length: 6, petal_width: 2.3 }]
    const { body } = await request(server).post('/predict').send({ instances: rows }).expect(200)
    expect(body.predictions.map(({ label }: { label: string }) => label)).toEqual(['setosa', 'virginica'])
  })

  test.each<[string, unknown, unknown]>([
    ['regressor', { x0: 1, x1: 2 }, [9]],
    [
      'int-labels',
      { instances: [[3, 0]] },
      [{ label: 10, probabilities: expect.objectContaining({ 10: expect.any(Number) }) }],
    ],
    [
      'image',
      {
        instances: [
          [
            [
              [1, 2],
              [3, 6],
            ],
          ],
        ],
      },
      [{ mean: 3, pixels: [1, 2, 3, 6] }],
    ],
    [
      'columns',
      { age: 36.5, name: 'Ada 😀', member: true, visits: '9007199254740993' },
      [{ age_out: 36.5, name_out: 'Ada 😀', member_out: true, visits_out: 9007199254740992 }],
    ],
  ])('%s.onnx is served without a model.json', async (model, body, predictions) => {
    const { server } = await startApp({ folder: createFolder({ 'm.onnx': { model } }) })
    const reply = await request(server)
      .post('/predict')
      .send(body as object)
      .expect(200)
    expect(reply.body).toEqual({ model: 'm', version: '1', predictions })
  })

  test('an integer beyond 2^53 is exact in both directions', async () => {
    const { server } = await startApp({ folder: createFolder({ 'm.onnx': { model: 'columns' } }) })
    const { text } = await request(server)
      .post('/predict')
      .send({ age: 1, name: '', member: false, visits: '-9007199254740993' })
    expect(text).toContain('"visits_out":-9007199254740993')
  })

  test('values that the model cannot compute are answered with 422, and the next request works', async () => {
    const { server } = await startApp({ folder: createFolder({ 'lookup.onnx': { model: 'lookup' } }) })
    const refused = await request(server).post('/predict').send({ index: 7 }).expect(422)
    expect(refused.body).toMatchObject({ code: 'INFERENCE_FAILED', error: expect.stringContaining('idx=7') })
    expect(refused.text).not.toMatch(/\/|\\n/)
    await request(server).post('/predict').send({ index: 2 }).expect(200)
  })

  test('more rows than model.json allows in a run are computed in several runs', async () => {
    const files = {
      'm/1/model.onnx': { model: 'regressor' },
      'm/model.json': '{"batching":{"maxBatchSize":16}}',
    } as const
    const { server } = await startApp({ folder: createFolder(files) })
    const rows = Array.from({ length: 100 }, (_, row) => [row, 1])
    const { body } = await request(server).post('/predict').send({ instances: rows }).expect(200)
    const single = await request(server).post('/predict').send([rows[77]]).expect(200)
    expect(body.predictions).toHaveLength(100)
    expect(body.predictions[77]).toEqual(single.body.predictions[0])
    const { model_stats: stats } = (await request(server).get('/v2/models/m/stats')).body
    expect(stats[0]).toMatchObject({ inference_count: 101, execution_count: 8 })
  })

  test.each(['inline', 'workers'])(
    'the error for many rows names the first row that the model cannot compute (%s)',
    async (execution) => {
      const files = { 'm/1/model.onnx': { model: 'lookup' }, 'm/model.json': JSON.stringify({ execution }) } as const
      const { server } = await startApp({ folder: createFolder(files) })
      const rows = Array.from({ length: 300 }, (_, row) => [row === 117 || row === 250 ? row : row % 3])
      const { body } = await request(server).post('/predict').send({ instances: rows }).expect(422)
      const message = expect.stringMatching(/^the model cannot compute this row: .*idx=117/)
      expect(body.details).toEqual([{ path: 'rows[117]', message }])
      expect(body.error).toMatch(/^rows\[117\]: the model cannot compute this row: /)
      const csv = `index\n${rows.slice(100).join('\n')}\n`
      const second = await request(server).post('/predict').set('content-type', 'text/csv').send(csv).expect(422)
      expect(second.body.details).toEqual([{ path: 'rows[17]', message }])
    },
  )

  test('a model that is loading is answered with 503, a failed model with 503 and the reason', async () => {
    const loading = await startApp({ isLoading: true })
    const reply = await request(loading.server).post('/predict').send(FLOWER).expect(503)
    expect(reply.body).toMatchObject({ code: 'MODEL_NOT_READY', error: 'model iris version 1 is still loading' })
    expect(reply.headers['retry-after']).toBe('1')
    const broken = await startApp({ folder: createFolder({ 'm.onnx': 'broken' }) })
    const failed = await request(broken.server).post('/predict').send(FLOWER).expect(503)
    expect(failed.body.error).toMatch(/^model m version 1 failed to load: m\.onnx is no ONNX model, or is cut off: /)
  })

  test('a request that waits longer than x-request-timeout-ms is answered with 504 and never computed', async () => {
    const { server, app, registry, lines } = await startApp({
      folder: createFolder({ 'slow.onnx': { model: 'slow' } }),
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const infer = vi.spyOn(registry.get(), 'infer')
    const send = (iterations: number) => request(server).post('/predict').send({ iterations })
    const first = send(3000).then(({ status }) => status)
    await waitUntil(() => infer.mock.calls.length === 1)
    const late = await send(1).set('x-request-timeout-ms', '50').expect(504)
    expect(late.body.code).toBe('DEADLINE_EXCEEDED')
    expect(await first).toBe(200)
    const line = lines.find(({ status }) => status === 504)
    expect(line).toMatchObject({ model: 'slow', rows: 1 })
    expect(line).not.toHaveProperty('computeMs')
  })

  test.each(['0', '-5', '1.5', 'soon'])('the header x-request-timeout-ms: %j is refused', async (limit) => {
    const { server } = await startApp()
    const reply = await request(server).post('/predict').set('x-request-timeout-ms', limit).send(FLOWER).expect(400)
    expect(reply.body.error).toBe(
      `x-request-timeout-ms: expected a whole number of milliseconds from 1, got "${limit}"`,
    )
  })

  test('a request that finds the queue full is refused at once with 429', async () => {
    const folder = createFolder({ 'slow.onnx': { model: 'slow' } })
    const { server, app } = await startApp({ folder, maxQueued: 1 })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const sent = Array.from({ length: 4 }, () => request(server).post('/predict').send({ iterations: 1500 }))
    const refused = (await Promise.all(sent)).filter(({ status }) => status === 429)
    expect(refused).toHaveLength(2)
    expect(refused[0]!.headers['retry-after']).toBe('1')
    expect(refused[0]!.body.code).toBe('QUEUE_FULL')
  })
})
