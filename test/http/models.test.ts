import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { FLOWER } from '../support/iris.ts'
import { smallModel } from '../support/onnx-writer.ts'

describe('GET /models', () => {
  test('GET /models describes the default model and has an example for it', async () => {
    const { server } = await startApp()
    const { body } = await request(server).get('/models').expect(200)
    expect(body).toMatchObject({ default: 'iris', models: [{ name: 'iris', version: '1', status: 'ready' }] })
    const one = await request(server).get('/models/iris').expect(200)
    expect(one.body).toEqual(body.models[0])
    expect(one.body).toMatchObject({
      task: 'classifier',
      labels: ['setosa', 'versicolor', 'virginica'],
      maxRows: 1000,
      example: FLOWER,
      features: [{ name: 'sepal_length', type: 'number', unit: 'cm', example: 5.1 }, {}, {}, {}],
      signature: {
        inputs: [{ name: 'X', dataType: 'float64', shape: [-1, 4] }],
        outputs: [
          { name: 'label', dataType: 'string' },
          { name: 'probabilities', dataType: 'float32' },
        ],
      },
    })
    expect(Object.keys(one.body.features[0])).toEqual(['name', 'type', 'unit', 'description', 'example', 'missing'])
  })

  test('GET /models shows the reason why a model failed, and names no default among several models', async () => {
    const files = { 'good.onnx': { model: 'regressor' }, 'bad.onnx': 'broken' }
    const { server } = await startApp({ folder: createFolder(files) })
    const { body } = await request(server).get('/models').expect(200)
    expect(body).not.toHaveProperty('default')
    expect(body.models[0]).toEqual({
      name: 'bad',
      version: '1',
      status: 'failed',
      error: 'bad.onnx is no ONNX model, or is cut off: the file ends within its field 12',
    })
  })

  test('GET /models shows each version', async () => {
    const files = { 'r/1/model.onnx': { model: 'regressor' }, 'r/2/model.onnx': { model: 'regressor' } }
    const { server } = await startApp({ folder: createFolder(files) })
    expect((await request(server).get('/models/r')).body.version).toBe('2')
    expect((await request(server).get('/models/r/versions/1')).body.version).toBe('1')
    await request(server).get('/models/r/versions/9').expect(404)
  })

  test('GET /models warns of parts of a file that cannot be served', async () => {
    const { server } = await startApp({ folder: createFolder({ 'z.onnx': { model: 'sequence' } }) })
    const { body } = await request(server).get('/models/z')
    expect(body.warnings).toEqual([
      expect.stringMatching(/^output probabilities is sequence\(tensor\(float32\)\), and only tensors can be answered/),
    ])
  })

  test.each(['regressor', 'int-labels', 'every-type', 'columns', 'image', 'lookup', 'slow', 'zipmap', 'sequence'])(
    'the example of the model "%s" works unchanged',
    async (model) => {
      const { server } = await startApp({ folder: createFolder({ 'm.onnx': { model } }) })
      const { body } = await request(server).get('/models/m').expect(200)
      const reply = await request(server).post('/models/m/predict').send(body.example).expect(200)
      const tensors = reply.body.outputs && Object.values(reply.body.outputs)
      expect(reply.body.predictions ?? tensors[0]).toHaveLength(1)
    },
  )

  test('a note on shape and datatype replaces an example of thousands of numbers, as in OpenAPI', async () => {
    const files = { 'm.onnx': smallModel({ dimensions: ['N', 3, 224, 224] }) }
    const { server } = await startApp({ folder: createFolder(files) })
    const { body, text } = await request(server).get('/models/m').expect(200)
    expect(body).not.toHaveProperty('example')
    expect(body.exampleNote).toBe(
      'an example has 150528 numbers, which are too many to show: {"instances":"float32 [N,3,224,224], such as [1,3,224,224]"}',
    )
    expect(text.length).toBeLessThan(5000)
    const openApi = await request(server).get('/openapi.json').expect(200)
    const { description, content } = openApi.body.paths['/predict'].post.requestBody
    expect(description).toBe(body.exampleNote)
    // The form on /docs shows it, and makes no numbers of its own: of a schema it would make as many as that says.
    expect(JSON.stringify(content['application/json'].schema)).not.toContain('minItems')
    expect(content['application/json'].example).toEqual({
      instances: 'float32 [N,3,224,224], such as [1,3,224,224]',
    })
  })
})
