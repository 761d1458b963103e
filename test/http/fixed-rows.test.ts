import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { smallModel } from '../support/onnx-writer.ts'

async function serve(dimensions: readonly (number | string)[], operator = 'Neg') {
  const { server } = await startApp({ folder: createFolder({ 'm.onnx': smallModel({ dimensions, operator }) }) })
  const post = (path: string, body: object | string, type = 'application/json') =>
    request(server).post(path).set('content-type', type).send(body)
  return { server, post }
}

describe('a model with a fixed batch of 1', () => {
  test('a model with a fixed batch of 1 runs several records one after the other', async () => {
    const { post } = await serve([1, 2])
    const rows = [{ x0: 1, x1: 2 }, [3, 4], { x1: 6, x0: 5 }]
    const { body } = await post('/predict', { instances: rows }).expect(200)
    expect(body.predictions).toEqual([
      [-1, -2],
      [-3, -4],
      [-5, -6],
    ])
    expect((await post('/predict', 'x0,x1\n1,2\n3,4\n', 'text/csv').expect(200)).body.predictions).toEqual([
      [-1, -2],
      [-3, -4],
    ])
  })

  test('a model with a fixed batch of 1 answers each of several rows as it does alone', async () => {
    // The largest of all numbers in the run.
    const { post } = await serve([1, 1], 'ReduceMax')
    const { body } = await post('/predict', { instances: [[5], [9], [7]] }).expect(200)
    expect(body.predictions).toEqual([5, 9, 7])
  })

  test('a model with a fixed batch of 1 takes several rows in V1, and in tensors by name', async () => {
    const { post } = await serve([1, 2, 1])
    const rows = [
      [[1], [2]],
      [[3], [4]],
      [[5], [6]],
    ]
    const negative = [
      [[-1], [-2]],
      [[-3], [-4]],
      [[-5], [-6]],
    ]
    expect((await post('/v1/models/m:predict', { instances: rows }).expect(200)).body.predictions).toEqual(
      negative.map((y) => ({ y })),
    )
    expect((await post('/predict', { inputs: { x: rows } }).expect(200)).body.outputs.y).toEqual(negative)
  })

  test('a model with a fixed batch of 1 takes one row in V2, as its metadata says', async () => {
    const { post } = await serve([1, 2])
    const tensor = (rows: number) => ({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 2], data: Array.from({ length: rows * 2 }, () => 1) }],
    })
    await post('/v2/models/m/infer', tensor(1)).expect(200)
    const { body } = await post('/v2/models/m/infer', tensor(3)).expect(400)
    expect(body.error).toContain('expected shape [1,2], got [3,2]')
  })

  test('a model with a fixed batch of 1 has the same limit of rows as other models', async () => {
    const { post } = await serve([1, 2])
    const { body } = await post('/predict', { instances: Array.from({ length: 1001 }, () => [1, 2]) }).expect(400)
    expect(body.error).toContain('expected at most 1000 rows in one request, got 1001')
  })
})

describe('a model with a fixed batch of 4', () => {
  test('the example of a model with a fixed batch of 4 has 4 rows and works as JSON and CSV', async () => {
    const { server, post } = await serve([4, 2])
    const { example } = (await request(server).get('/models/m').expect(200)).body
    expect(example).toHaveLength(4)
    expect((await post('/predict', example).expect(200)).body.predictions).toHaveLength(4)
    const { content } = (await request(server).get('/openapi.json')).body.paths['/predict'].post.requestBody
    expect(content['application/json'].example).toEqual(example)
    const [records] = content['application/json'].schema.oneOf
    expect(records).toMatchObject({ type: 'array', minItems: 4, maxItems: 4 })
    expect((await post('/predict', content['text/csv'].example, 'text/csv').expect(200)).body.predictions).toHaveLength(
      4,
    )
  })

  test('a model with a fixed batch of 4 refuses another number of rows and names the right one', async () => {
    const { post } = await serve([4, 2])
    const { body } = await post('/predict', { instances: [[1, 2]] }).expect(400)
    expect(body.error).toContain('this model takes exactly 4 rows in one request, got 1')
  })

  test('a model with a fixed batch of 4 is loaded with a number of examples that is no multiple of 4', async () => {
    const rows = Array.from({ length: 6 }, (_, index) => ({ input: [index, 1], prediction: [-index, -1] }))
    const { server } = await startApp({
      folder: createFolder({
        'm/1/model.onnx': smallModel({ dimensions: [4, 2], operator: 'Neg' }),
        'm/1/examples.json': JSON.stringify({ examples: rows }),
      }),
    })
    expect((await request(server).get('/models/m')).body).toMatchObject({ status: 'ready' })
  })
})
