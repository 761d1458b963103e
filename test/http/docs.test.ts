import { Validator } from '@seriousme/openapi-schema-validator'
import request from 'supertest'
import { describe, expect, test, vi } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { writeModel } from '../support/graph-writer.ts'
import { FLOWER } from '../support/iris.ts'

const EVERY_KIND = Object.fromEntries(
  ['regressor', 'int-labels', 'every-type', 'columns', 'image'].map((model) => [`${model}.onnx`, { model }]),
)

describe('GET /openapi.json', () => {
  test.each([{}, { isLoading: true }, { folder: EVERY_KIND }])(
    'GET /openapi.json is valid OpenAPI 3.1 with the options %j',
    async ({ folder, ...options }: { folder?: typeof EVERY_KIND }) => {
      const { server } = await startApp({ ...options, ...(folder && { folder: createFolder(folder) }) })
      const { body } = await request(server).get('/openapi.json').expect(200)
      const validator = new Validator()
      expect(await validator.validate(body)).toEqual({ valid: true })
      expect(validator.version).toBe('3.1')
    },
  )

  test('the validator of OpenAPI finds an invalid document', async () => {
    const validator = new Validator()
    expect(await validator.validate({ openapi: '3.1.0', info: {}, paths: { x: 1 } })).toMatchObject({ valid: false })
  })

  test('OpenAPI has one operation for each model, with the features of the model', async () => {
    const { server } = await startApp()
    const { body } = await request(server).get('/openapi.json')
    expect(Object.keys(body.paths).filter((path) => /^\/(predict|health|models)/.test(path))).toEqual([
      '/models/iris/predict',
      '/predict',
      '/models/iris/versions/1/predict',
      '/health',
      '/health/ready',
      '/health/live',
      '/models',
      '/models/{name}',
      '/models/{name}/versions/{version}',
    ])
    expect(Object.keys(body.paths)).toContain('/v2/models/{name}/versions/{version}/infer')
    const { requestBody, responses } = body.paths['/models/iris/predict'].post
    const content = requestBody.content['application/json']
    const [record] = content.schema.oneOf
    expect(content.example).toEqual(FLOWER)
    expect(record.required).toEqual(Object.keys(FLOWER))
    expect(record.properties.petal_width).toEqual({
      type: 'number',
      description: 'width of the petal, in cm',
      examples: [0.2],
    })
    expect(Object.keys(responses)).toEqual(['200', '400', '413', '415', '422', '429', '503', '504'])
    const { properties } = responses['200'].content['application/json'].schema.oneOf[0]
    expect(properties.predictions.items.properties.label).toEqual({ enum: ['setosa', 'versicolor', 'virginica'] })
  })

  test('the OpenAPI document is built once, and again when another model is loaded', async () => {
    const { server, registry } = await startApp({ isLoading: true })
    const find = vi.spyOn(registry, 'find')
    const paths = async () => Object.keys((await request(server).get('/openapi.json').expect(200)).body.paths)
    expect(await paths()).not.toContain('/models/iris/predict')
    await registry.load(() => undefined)
    find.mockClear()
    for (let asked = 0; asked < 3; asked++) expect(await paths()).toContain('/models/iris/predict')
    expect(find).toHaveBeenCalledTimes(1)
  })

  test('OpenAPI has every route of the other protocols, tagged with the protocol', async () => {
    const { server } = await startApp({ platform: { isMultiModel: true } })
    const { paths } = (await request(server).get('/openapi.json')).body as {
      paths: Record<
        string,
        Record<string, { tags: string[]; summary: string; requestBody?: object; responses: object }>
      >
    }
    const tagged = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({ path, method, ...operation })),
    )
    const routes = (tag: string) =>
      tagged.filter(({ tags }) => tags.join() === tag).map(({ method, path }) => `${method} ${path}`)
    const model = ['/v2/models/{name}', '/v2/models/{name}/versions/{version}'].flatMap((path) => [
      `get ${path}`,
      `get ${path}/config`,
      `get ${path}/stats`,
      `get ${path}/ready`,
      `post ${path}/infer`,
    ])
    expect(routes('Open Inference Protocol V2')).toEqual([
      'get /v2',
      'get /v2/health/live',
      'get /v2/health/ready',
      'get /v2/models',
      'get /v2/models/stats',
      ...model,
      'post /v2/repository/index',
      'post /v2/repository/models/{name}/load',
      'post /v2/repository/models/{name}/unload',
    ])
    expect(routes('V1')).toEqual([
      'get /v1/models',
      'get /v1/models/{name}',
      'post /v1/models/{name}:predict',
      'post /v1/models/{name}/versions/{version}:predict',
    ])
    expect(routes('SageMaker and MLflow')).toEqual([
      'post /invocations',
      'get /ping',
      'get /version',
      'get /execution-parameters',
    ])
    expect(routes('Azure ML')).toEqual(['post /score'])
    expect(routes('SageMaker multi-model')).toEqual([
      'get /models',
      'post /models',
      'get /models/{name}',
      'delete /models/{name}',
      'post /models/{name}/invoke',
    ])
    // What has a body says which, and how it may fail.
    const predicting = tagged.filter(({ path }) => /(predict|infer|invoke|invocations|score)$/.test(path))
    for (const { path, requestBody, responses } of predicting) {
      expect([path, requestBody, Object.keys(responses)]).toEqual([
        path,
        expect.objectContaining({ content: expect.objectContaining({ 'application/json': expect.anything() }) }),
        expect.arrayContaining(['200', '400', '413', '429', '503', '504']),
      ])
    }
  })

  test('OpenAPI has the operation of a model only when the model is ready', async () => {
    const { server, registry } = await startApp({ isLoading: true })
    expect((await request(server).get('/openapi.json')).body.paths).not.toHaveProperty('/predict')
    await registry.load(() => undefined)
    expect((await request(server).get('/openapi.json')).body.paths).toHaveProperty('/predict')
  })

  test('OpenAPI describes the newest version of each model, and all versions by their paths', async () => {
    const files = { 'a b/1/model.onnx': { model: 'regressor' }, 'a b/2/model.onnx': { model: 'regressor' } }
    const { server } = await startApp({ folder: createFolder(files) })
    const { paths } = (await request(server).get('/openapi.json')).body
    expect(paths['/models/a%20b/predict'].post.summary).toBe('Predict with a b, version 2')
    expect(paths).toHaveProperty(['/models/a%20b/versions/1/predict'])
  })
})

describe('GET /docs', () => {
  test('the page /docs loads all of its assets from this server', async () => {
    const { server } = await startApp()
    const page = await request(server).get('/docs').expect(200)
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url!)
    expect(assets.length).toBeGreaterThan(4)
    for (const asset of assets) {
      expect(asset).toMatch(/^(?:\/|\.\/)/)
      await request(server).get(new URL(asset, 'http://host/docs').pathname).expect(200)
    }
  })

  test.each(['text/html', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'])(
    'the path / redirects to /docs if the client accepts %s',
    async (accept) => {
      const { server } = await startApp()
      const reply = await request(server).get('/').set('accept', accept).expect(302)
      expect(reply.headers['location']).toBe('/docs')
    },
  )

  test.each([undefined, '*/*', 'application/json', 'application/json, text/html;q=0.5', 'text/html;q=0, */*'])(
    'the path / answers "alive" to a request with the accept header %s',
    async (accept) => {
      const { server } = await startApp({ isLoading: true })
      const reply = await request(server)
        .get('/')
        .set(accept === undefined ? {} : { accept })
        .expect(200, { status: 'alive' })
      expect(reply.headers['vary']).toBe('accept')
    },
  )

  test('the page /docs shows the document of /openapi.json', async () => {
    const { server } = await startApp()
    const shown = await request(server).get('/docs/json').expect(200)
    const { body } = await request(server).get('/openapi.json')
    expect(shown.body).toEqual(body)
  })

  test('the page /docs replaces lists of more than 64 features or classes by their number, and OpenAPI has the whole lists', async () => {
    const labels = Array.from({ length: 65 }, (_, index) => `class ${index}`)
    const folder = createFolder({
      'many/1/model.onnx': writeModel({
        nodes: [{ op: 'Softmax', inputs: ['x'], outputs: ['y'] }],
        inputs: [{ name: 'x', shape: ['N', 65] }],
        outputs: [{ name: 'y', shape: ['N', 65] }],
      }),
      'many/model.json': JSON.stringify({ labels }),
    })
    const { server } = await startApp({ folder })
    const schemasAt = async (path: string) => {
      const { requestBody, responses } = (await request(server).get(path)).body.paths['/predict'].post
      const [reply] = responses['200'].content['application/json'].schema.oneOf
      const { label, probabilities } = reply.properties.predictions.items.properties
      return { record: requestBody.content['application/json'].schema.oneOf[0], label, probabilities }
    }
    expect(await schemasAt('/docs/json')).toEqual({
      record: { type: 'object', title: 'Record', description: '65 properties: /openapi.json lists them' },
      label: { description: '66 values: /openapi.json lists them' },
      probabilities: { type: 'object', description: '65 properties: /openapi.json lists them' },
    })
    const full = await schemasAt('/openapi.json')
    expect(full.record.required).toHaveLength(65)
    expect(Object.keys(full.probabilities.properties)).toEqual(labels)
  })
})
