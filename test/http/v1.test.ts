import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { FLOWER } from '../support/iris.ts'

type Started = Awaited<ReturnType<typeof startApp>>

const ROW = Object.values(FLOWER)
const SETOSA = { label: 'setosa', probabilities: { setosa: 1, versicolor: 0, virginica: 0 } }
const BODY = JSON.stringify({ instances: [ROW] })

async function post({ app }: Started, url: string, payload: string | Buffer, headers: Record<string, string> = {}) {
  const reply = await app.inject({ method: 'POST', url, payload, headers })
  return { status: reply.statusCode, type: reply.headers['content-type'], text: reply.payload }
}

describe('V1', () => {
  test.each(['/v1/models/iris:predict', '/v1/models/iris%3Apredict', '/v1/models/iris/versions/1:predict'])(
    'V1 predicts at %s',
    async (url) => {
      const { status, text } = await post(await startApp(), url, BODY)
      expect({ status, body: JSON.parse(text) }).toEqual({ status: 200, body: { predictions: [SETOSA] } })
    },
  )

  test.each(['/v1/models/iris:predict', '/v1/models/iris/versions/1:predict', '/v1/models/iris/versions/1%3Apredict'])(
    'V1 accepts the content-type that curl sends by default at %s, as in the examples of TensorFlow Serving',
    async (url) => {
      const started = await startApp()
      for (const type of ['application/x-www-form-urlencoded', 'json', ''])
        expect((await post(started, url, BODY, { 'content-type': type })).status).toBe(200)
    },
  )

  test.each(['/v1/models/iris:predict', '/v1/models/iris/versions/1:predict', '/invocations', '/score'])(
    'query parameters are refused at %s',
    async (url) => {
      const { status, text } = await post(await startApp(), `${url}?top=1`, BODY)
      const error = 'the query parameter "top" is unknown; this route takes none'
      expect({ status, body: JSON.parse(text) }).toEqual({ status: 400, body: { error } })
    },
  )

  test('V1 lists its models, and refuses other verbs', async () => {
    const started = await startApp()
    const get = async (url: string) => (await started.app.inject(url)).json<unknown>()
    expect(await get('/v1/models')).toEqual({ models: ['iris'] })
    expect(await get('/v1/models/iris')).toEqual({ name: 'iris', ready: true })
    expect(await get('/v1/models/x')).toEqual({ error: expect.stringContaining('no model is named "x"') })
    expect((await post(started, '/v1/models/iris:explain', BODY)).status).toBe(404)
    expect((await post(started, '/v1/models/iris', BODY)).status).toBe(405)
  })

  test('V1 ignores further members beside the instances', async () => {
    const body = JSON.stringify({ signature_name: 'x', parameters: { a: 1 }, instances: [FLOWER, ROW] })
    expect(JSON.parse((await post(await startApp(), '/v1/models/iris:predict', body)).text).predictions).toHaveLength(2)
  })

  test('V1 answers inputs with outputs, and a single output without its name', async () => {
    const folder = createFolder({ 'r.onnx': { model: 'regressor' }, 'image.onnx': { model: 'image' } })
    const started = await startApp({ folder })
    const one = await post(started, '/v1/models/r:predict', JSON.stringify({ inputs: [[1, 2]] }))
    expect(JSON.parse(one.text)).toEqual({ outputs: [[9]] })
    const image = JSON.stringify({
      inputs: {
        image: [
          [
            [
              [1, 2],
              [3, 6],
            ],
          ],
        ],
      },
    })
    expect(JSON.parse((await post(started, '/v1/models/image:predict', image)).text)).toEqual({
      outputs: { mean: [3], pixels: [[1, 2, 3, 6]] },
    })
  })

  test('V1 answers tensors only as JSON', async () => {
    const started = await startApp()
    const ask = (accept: string) =>
      post(started, '/v1/models/iris:predict', JSON.stringify({ inputs: { X: [ROW] } }), { accept })
    expect(await ask('text/csv, application/json;q=0.1')).toMatchObject({
      status: 200,
      type: expect.stringContaining('application/json'),
    })
    const { status, text } = await ask('text/csv')
    expect({ status, body: JSON.parse(text) }).toEqual({
      status: 406,
      body: { error: 'expected an "accept" of application/json, as tensors have no other form, got "text/csv"' },
    })
  })

  test('V1 accepts instances that are objects with one member for each input', async () => {
    const started = await startApp({ folder: createFolder({ 'image.onnx': { model: 'image' } }) })
    const body = JSON.stringify({
      instances: [
        {
          image: [
            [
              [1, 2],
              [3, 6],
            ],
          ],
        },
        {
          image: [
            [
              [0, 0],
              [0, 4],
            ],
          ],
        },
      ],
    })
    const { predictions } = JSON.parse((await post(started, '/v1/models/image:predict', body)).text)
    expect(predictions).toEqual([
      { mean: 3, pixels: [1, 2, 3, 6] },
      { mean: 1, pixels: [0, 0, 0, 4] },
    ])
    const wrong = await post(started, '/v1/models/image:predict', JSON.stringify({ instances: [{ img: 1 }] }))
    expect(JSON.parse(wrong.text)).toEqual({
      error: 'instances[0].img: is no input of this model: expected "image" (and 1 more)',
    })
  })
})

describe('/invocations', () => {
  const csv = `${Object.keys(FLOWER).join(',')}\n${ROW.join(',')}\n`
  const split = JSON.stringify({ dataframe_split: { columns: Object.keys(FLOWER), data: [ROW] }, params: {} })

  test.each<[string, string, string]>([
    ['JSON', 'application/json', BODY],
    ['a split data frame of pandas', 'application/json; charset=utf-8', split],
    ['CSV', 'text/csv', csv],
    ['CSV whose type says that it has a header', 'text/csv; header=present', csv],
    ["CSV without a header, as SageMaker's serializer and batch transform send it", 'text/csv', `${ROW.join(',')}\n`],
    ['CSV without a header, as its type says', 'text/csv;header="absent"; charset=utf-8', ROW.join(',')],
    ['JSON lines of records', 'application/jsonlines', `${JSON.stringify(FLOWER)}\n`],
    ['JSON lines of rows', 'application/x-ndjson', `${JSON.stringify(ROW)}\n\n`],
  ])('/invocations accepts %s', async (_case, type, body) => {
    const { status, text } = await post(await startApp(), '/invocations', body, { 'content-type': type })
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 200, body: { predictions: [SETOSA] } })
  })

  test.each<[string, unknown]>([
    ['rows', [ROW, ROW]],
    ['records', [FLOWER, FLOWER]],
    ['columns', Object.fromEntries(Object.entries(FLOWER).map(([name, value]) => [name, [value, value]]))],
    ['tensors', { X: [ROW, ROW] }],
  ])(
    "/invocations answers inputs of %s with one prediction for each row, as MLflow's client expects",
    async (_case, inputs) => {
      const { status, text } = await post(await startApp(), '/invocations', JSON.stringify({ inputs, params: {} }))
      expect({ status, body: JSON.parse(text) }).toEqual({ status: 200, body: { predictions: [SETOSA, SETOSA] } })
    },
  )

  test.each<[string, unknown, string]>([
    [
      'of which some are no arrays',
      { ...FLOWER, sepal_length: [1, 2], petal_width: [1] },
      'inputs.sepal_width: expected an array of values',
    ],
    ['with an unknown name', { width: [1] }, 'inputs.width: is no input of this model'],
    ['without values', { sepal_length: [] }, 'inputs: the batch is empty'],
    [
      'of words',
      { sepal_length: ['x'], sepal_width: [1], petal_length: [1], petal_width: [1] },
      'inputs.sepal_length[0]',
    ],
    [
      'if one of them is missing',
      { sepal_length: [1], sepal_width: [1], petal_length: [1] },
      'inputs: the column "petal_width"',
    ],
  ])('/invocations refuses columns %s', async (_case, inputs, error) => {
    const { status, text } = await post(await startApp(), '/invocations', JSON.stringify({ inputs }))
    expect({ status, body: JSON.parse(text) }).toEqual({
      status: 400,
      body: { error: expect.stringContaining(error) },
    })
  })

  test.each<[string, string, string]>([
    ['text/csv', 'text/csv', 'setosa\n'],
    ['application/jsonlines', 'application/jsonlines', `${JSON.stringify(SETOSA)}\n`],
    ['text/html, */*', 'application/json', JSON.stringify({ predictions: [SETOSA] })],
    ['', 'application/json', JSON.stringify({ predictions: [SETOSA] })],
    ['application/json;q=0.5, text/csv', 'text/csv', 'setosa\n'],
    ['text/csv;q=0, */*', 'application/json', JSON.stringify({ predictions: [SETOSA] })],
    ['application/json;q=0, text/*', 'text/csv', 'setosa\n'],
    ['application/x-ndjson', 'application/x-ndjson', `${JSON.stringify(SETOSA)}\n`],
  ])('/invocations chooses the form of its answer by the accept header %j', async (accept, type, text) => {
    expect(await post(await startApp(), '/invocations', BODY, { accept })).toEqual({
      status: 200,
      type: expect.stringContaining(type),
      text,
    })
  })

  test.each<[string, string, string]>([
    ['that is no JSON', '[1,2,3,4]\n\n{"a":\n', 'line 3: it is not valid JSON: '],
    ['of two values', '[1,2,3,4],[1,2,3,4]', 'line 1: it is not valid JSON: '],
    ['that closes an array of the line before', '[1,2,3\n4],[5,6,7,8]\n', 'line 1: it is not valid JSON: '],
    [
      'that is neither a record nor an array',
      '[1,2,3,4]\n"é"\n',
      '[1]: expected a record or an array of features, got "é"',
    ],
  ])('/invocations refuses JSON lines with one line %s', async (_case, body, error) => {
    const type = { 'content-type': 'application/jsonlines' }
    const { status, text } = await post(await startApp(), '/invocations', body, type)
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 400, body: { error: expect.stringContaining(error) } })
  })

  test.each<[string, string, string, string]>([
    [
      'with another number of columns',
      'text/csv',
      '1,2,3\n',
      'expected a header with the names of the features, and rows',
    ],
    [
      'with a row of another length',
      'text/csv',
      '1,2,3,4\n1,2,3\n',
      'rows[1]: expected 4 cells, one for each feature, got 3',
    ],
    ['of words', 'text/csv', '1,2,3,x\n', 'rows[0].petal_width: expected a number, got "x"'],
    ['with a misspelled header', 'text/csv', csv.replace('width', 'breadth'), '"sepal_breadth" is no feature'],
    [
      'without the header that its content-type announces',
      'text/csv; header=present',
      '1,2,3,4\n1,2,3,4',
      '"1" is no feature of this model',
    ],
    [
      'with a header that the content-type calls absent',
      'text/csv; header=absent',
      csv,
      'rows[0].sepal_length: expected a number, got "sepal_length"',
    ],
    [
      'with the parameter header=some in its content-type',
      'text/csv; header=some',
      csv,
      'expected header=present or header=absent, got header="some"',
    ],
    ['without rows', 'text/csv; header=absent', '', 'expected rows'],
  ])('/invocations refuses CSV %s', async (_case, type, body, error) => {
    const { status, text } = await post(await startApp(), '/invocations', body, { 'content-type': type })
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 400, body: { error: expect.stringContaining(error) } })
  })

  test('/invocations accepts gzip, and refuses other encodings and types that it cannot read or write', async () => {
    const started = await startApp()
    expect((await post(started, '/invocations', gzipSync(BODY), { 'content-encoding': 'gzip' })).status).toBe(200)
    expect(await post(started, '/invocations', 'x', { 'content-type': 'image/png' })).toMatchObject({
      status: 415,
      text: expect.stringContaining('expected a content-type of application/json, text/csv, application/jsonlines'),
    })
    for (const accept of ['image/png', 'application/json;q=0', '*/*;q=0'])
      expect((await post(started, '/invocations', BODY, { accept })).status).toBe(406)
    expect((await post(started, '/invocations', '{"a":\n', { 'content-type': 'application/jsonlines' })).status).toBe(
      400,
    )
  })
})

describe('platforms find', () => {
  const DEPLOYED = '/v1/endpoints/1/deployedModels/2:predict'

  test.each([
    ['the same path', DEPLOYED, DEPLOYED],
    ['paths that mean something else here', '/health', '/predict'],
    ['paths of their own', '/is-alive', '/infer'],
    ['paths of V1', '/v1/models/iris', '/v1/models/iris:predict'],
    ['exchanged paths of SageMaker', '/invocations', '/ping'],
    ['paths of V1 for a model that is not served', '/v1/models/foo', '/v1/models/foo:predict'],
    ['the path of the list of models', '/v1/models', '/v1/models'],
    ['the path of the health check', '/health', '/health'],
  ])('Vertex AI finds its health route and its predict route at %s', async (_case, healthPath, predictPath) => {
    const started = await startApp({ platform: { healthPath, predictPath } })
    expect((await started.app.inject(healthPath)).statusCode).toBe(200)
    const body = JSON.stringify({ instances: [ROW], parameters: { confidence: 0.5 } })
    const { status, text } = await post(started, predictPath, body)
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 200, body: { predictions: [SETOSA] } })
  })

  test('Vertex AI finds V2 if its routes are those of V2', async () => {
    const platform = { healthPath: '/v2/health/ready', predictPath: '/v2/models/iris/infer' }
    const started = await startApp({ platform })
    expect((await started.app.inject('/v2/health/ready')).json()).toEqual({ ready: true })
    const body = JSON.stringify({ inputs: [{ name: 'X', shape: [1, 4], datatype: 'FP64', data: ROW }] })
    expect(JSON.parse((await post(started, platform.predictPath, body)).text)).toMatchObject({ model_name: 'iris' })
  })

  test('a health route of Vertex AI is not ready while models load, even at a path of another protocol', async () => {
    for (const healthPath of ['/v1/models', '/v1/models/foo', '/v1/models/iris', '/health', '/health/live']) {
      const started = await startApp({ platform: { healthPath }, isLoading: true })
      expect((await started.app.inject(healthPath)).statusCode).toBe(503)
    }
  })

  test('platforms find their fixed routes', async () => {
    const started = await startApp()
    const { app } = started
    expect((await app.inject('/ping')).statusCode).toBe(200)
    expect((await app.inject('/ping')).payload).toBe('')
    expect(JSON.parse((await post(started, '/score', BODY)).text)).toEqual({ predictions: [SETOSA] })
    expect((await app.inject('/version')).payload).toBe('0.0.0')
    expect((await app.inject('/execution-parameters')).json()).toMatchObject({ BatchStrategy: 'MULTI_RECORD' })
  })

  test('/invocations answers an empty tensor without predictions', async () => {
    const started = await startApp()
    for (const inputs of [[], { X: [] }]) {
      const { status, text } = await post(started, '/invocations', JSON.stringify({ inputs }))
      expect({ status, body: JSON.parse(text) }).toEqual({ status: 200, body: { predictions: [] } })
    }
  })

  describe('what batch transform may send', () => {
    const ask = async ({ app }: Started) => (await app.inject('/execution-parameters')).json<Record<string, unknown>>()

    test('batch transform may send more rows than the limit: they are computed in several runs, with the same answers', async () => {
      const started = await startApp({ bodyLimitBytes: 3 * 2 ** 20, maxRows: 1000 })
      const parameters = await ask(started)
      expect(parameters).toMatchObject({ BatchStrategy: 'MULTI_RECORD', MaxPayloadInMB: 1, MaxConcurrentTransforms: 1 })
      const rows = ['1,1,1,1', '6,3,6,2', '5,3,1,0']
      const count = Math.floor(2 ** 20 / 8)
      const lines = Array.from({ length: count }, (_, row) => rows[row % 3]!)
      const accept = { 'content-type': 'text/csv', accept: 'text/csv' }
      const { status, text } = await post(started, '/invocations', `${lines.join('\n')}\n`, accept)
      expect(status).toBe(200)
      const alone = await Promise.all(rows.map(async (row) => (await post(started, '/invocations', row, accept)).text))
      expect(text).toBe(Array.from({ length: count }, (_, row) => alone[row % 3]).join(''))
      const { model_stats: stats } = (await started.app.inject('/v2/models/iris/stats')).json()
      const sizes = stats[0].batch_stats.map(({ batch_size: size }: { batch_size: number }) => size)
      expect(Math.max(...sizes)).toBe(1000)
    })

    test.each<[string, Parameters<typeof createFolder>[0], object]>([
      [
        'batch transform may send one row if rows may depend on each other and a body holds too many',
        { 'm/1/model.onnx': { model: 'regressor' }, 'm/model.json': '{"batching":false}' },
        { BatchStrategy: 'SINGLE_RECORD', MaxPayloadInMB: 4, MaxConcurrentTransforms: 8 },
      ],
      [
        'batch transform may send as many bodies as the limit of rows allows for large pictures',
        { 'm.onnx': { model: 'picture' } },
        { BatchStrategy: 'MULTI_RECORD', MaxPayloadInMB: 4, MaxConcurrentTransforms: 8 },
      ],
      [
        'batch transform may send one row while no model answers',
        { 'm.onnx': 'broken' },
        { BatchStrategy: 'SINGLE_RECORD' },
      ],
    ])('%s', async (_case, files, parameters) => {
      const started = await startApp({ folder: createFolder(files), bodyLimitBytes: 2 ** 22 })
      expect(await ask(started)).toMatchObject(parameters)
    })

    test('batch transform is refused above the limit of rows if rows may depend on each other', async () => {
      const folder = createFolder({ 'm/1/model.onnx': { model: 'regressor' }, 'm/model.json': '{"batching":false}' })
      const { status, text } = await post(await startApp({ folder }), '/invocations', '1,2\n'.repeat(1001), {
        'content-type': 'text/csv',
      })
      expect(status).toBe(400)
      expect(text).toContain('expected at most 1000 rows in one request, got 1001')
    })
  })

  test.each(['/ping', '/v1/models/iris'])(
    '%s is unready while models load, and while the server stops',
    async (url) => {
      const { app } = await startApp({ isLoading: true })
      expect((await app.inject(url)).statusCode).toBe(503)
      const { app: draining } = await startApp({ isDraining: () => true })
      expect((await draining.inject(url)).statusCode).toBe(503)
    },
  )
})

describe('SageMaker, with several models', () => {
  const ask = async ({ app }: Started, method: 'GET' | 'POST' | 'DELETE', url: string, payload = '') => {
    const reply = await app.inject({ method, url, payload, headers: { 'content-type': 'application/json' } })
    return { status: reply.statusCode, body: reply.json<Record<string, unknown>>() }
  }

  test('the multi-model API of SageMaker lists, describes and calls loaded models', async () => {
    const started = await startApp({ platform: { isMultiModel: true } })
    const model = { modelName: 'iris', modelUrl: expect.stringMatching(/models.iris.1.model\.onnx$/) }
    expect(await ask(started, 'GET', '/models')).toEqual({ status: 200, body: { models: [model] } })
    expect(await ask(started, 'GET', '/models/iris')).toEqual({ status: 200, body: model })
    expect((await ask(started, 'GET', '/models/x')).status).toBe(404)
    expect(await ask(started, 'POST', '/models/iris/invoke', BODY)).toEqual({
      status: 200,
      body: { predictions: [SETOSA] },
    })
    expect((await ask(started, 'POST', '/models/x/invoke', BODY)).status).toBe(404)
  })

  test('the multi-model API of SageMaker answers that models cannot be loaded or unloaded at run time', async () => {
    const started = await startApp({ platform: { isMultiModel: true } })
    const load = (name: string) =>
      ask(started, 'POST', '/models', JSON.stringify({ model_name: name, url: '/opt/ml/models/x/model' }))
    expect(await load('iris')).toEqual({ status: 409, body: { error: 'model "iris" is loaded already' } })
    expect(await load('x')).toEqual({ status: 501, body: { error: expect.stringContaining('failed to load') } })
    expect((await ask(started, 'DELETE', '/models/iris')).status).toBe(501)
    expect((await ask(started, 'DELETE', '/models/x')).status).toBe(404)
    expect((await ask(started, 'POST', '/models', '[')).status).toBe(400)
  })

  test('the multi-model API of SageMaker never lists a model that failed or is still loading as loaded', async () => {
    const files = { 'broken.onnx': 'x', 'good.onnx': { model: 'regressor' } }
    const started = await startApp({ folder: createFolder(files), platform: { isMultiModel: true } })
    const load = JSON.stringify({ model_name: 'broken', url: '/x' })
    const reason = expect.stringContaining('broken.onnx')
    expect((await ask(started, 'GET', '/models')).body['models']).toMatchObject([{ modelName: 'good' }])
    expect(await ask(started, 'GET', '/models/broken')).toEqual({ status: 503, body: { error: reason } })
    expect(await ask(started, 'POST', '/models', load)).toEqual({ status: 501, body: { error: reason } })
    const loading = await startApp({ folder: createFolder(files), platform: { isMultiModel: true }, isLoading: true })
    expect((await ask(loading, 'GET', '/models/good')).status).toBe(503)
    expect((await ask(loading, 'POST', '/models', load)).status).toBe(503)
  })

  test('the multi-model API exists only if SageMaker asks for it', async () => {
    const started = await startApp()
    expect((await ask(started, 'GET', '/models')).body).toMatchObject({ default: 'iris' })
    expect((await ask(started, 'POST', '/models/iris/invoke', BODY)).status).toBe(404)
  })
})
