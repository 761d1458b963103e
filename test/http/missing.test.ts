import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { FLOWER } from '../support/iris.ts'
import { smallModel } from '../support/onnx-writer.ts'
import { ROOT } from '../support/paths.ts'

const WHY =
  'the trees of the model do not record where it goes. If the model takes it, write "missing": "nan" or a value for this feature into model.json'
const REFUSED = `expected a number, got null: ${WHY}`
const GAP = { ...FLOWER, petal_width: null }
const ROW = [5.1, 3.5, 1.4, null]
const NAMES = Object.keys(FLOWER)

describe('the default model, a forest that was trained without gaps, refuses a missing value', () => {
  const bodies: [where: string, path: string, type: string, body: string, at: string][] = [
    ['of a record', '/predict', 'application/json', JSON.stringify(GAP), 'petal_width'],
    ['of a row', '/predict', 'application/json', JSON.stringify({ instances: [ROW] }), 'instances[0][3]: petal_width'],
    ['of CSV', '/predict', 'text/csv', `${NAMES.join()}\n5.1,3.5,1.4,\n`, 'rows[0].petal_width'],
    [
      'of a tensor',
      '/predict',
      'application/json',
      JSON.stringify({ inputs: { X: [ROW] } }),
      'inputs.X[0][3]: petal_width',
    ],
    [
      'of V1 instances',
      '/v1/models/iris:predict',
      'application/json',
      JSON.stringify({ instances: [ROW] }),
      'instances[0][3]: petal_width',
    ],
    [
      'of V1 inputs',
      '/v1/models/iris:predict',
      'application/json',
      JSON.stringify({ inputs: [ROW] }),
      'inputs.X[0][3]: petal_width',
    ],
    [
      'of a split data frame',
      '/invocations',
      'application/json',
      JSON.stringify({ dataframe_split: { columns: NAMES, data: [ROW] } }),
      'dataframe_split.data[0][3]: petal_width',
    ],
    [
      'written as NaN',
      '/invocations',
      'application/json',
      '{"inputs":[[5.1,3.5,1.4,NaN]]}',
      'inputs[0][3]: petal_width',
    ],
    ['of a JSON line', '/invocations', 'application/jsonlines', JSON.stringify(ROW), '[0][3]: petal_width'],
    ['of CSV without a header', '/invocations', 'text/csv', '5.1,3.5,1.4,\n', 'rows[0].petal_width'],
  ]

  test.each(bodies)(
    'a forest that was trained without gaps refuses a missing value %s',
    async (_where, path, type, body, at) => {
      const { server } = await startApp()
      const reply = await request(server).post(path).set('content-type', type).send(body).expect(400)
      expect(reply.body.error ?? reply.body).toContain(`${at}: ${REFUSED}`)
    },
  )
})

describe("V2 tensors are the client's own, also of the default model: NaN passes", () => {
  const input = { name: 'X', shape: [1, 4], datatype: 'FP64' }

  test('V2 accepts NaN in JSON in the form of --json-nan', async () => {
    const { server } = await startApp()
    const body = { inputs: [{ ...input, data: ROW }] }
    const reply = await request(server).post('/v2/models/iris/infer').send(body).expect(200)
    expect(reply.body.outputs[0].shape).toEqual([1])
  })

  test('V2 accepts NaN in binary data', async () => {
    const { app } = await startApp()
    const head = JSON.stringify({ inputs: [{ ...input, parameters: { binary_data_size: 32 } }] })
    const values = Float64Array.of(5.1, 3.5, 1.4, Number.NaN)
    const reply = await app.inject({
      method: 'POST',
      url: '/v2/models/iris/infer',
      payload: Buffer.concat([Buffer.from(head), Buffer.from(values.buffer)]),
      headers: { 'inference-header-content-length': String(head.length) },
    })
    expect(reply.statusCode).toBe(200)
  })
})

describe('GET /models/{name}', () => {
  test('GET /models/{name} shows the rule for missing values of each feature, and its reason', async () => {
    const titanic = join(ROOT, 'examples/titanic')
    const description = JSON.parse(readFileSync(join(titanic, 'model.json'), 'utf8')) as {
      features: { missing?: unknown }[]
    }
    // The others have a rule in model.json, too; here the graph has to tell.
    for (const feature of description.features) if (feature.missing !== '') delete feature.missing
    const files = {
      'titanic/1/model.onnx': readFileSync(join(titanic, '1/model.onnx')),
      'titanic/model.json': JSON.stringify(description),
    }
    const { server } = await startApp({ folder: createFolder(files) })
    const { body } = await request(server).get('/models/titanic').expect(200)
    const rules = Object.fromEntries(
      (body.features as { name: string; missing: object }[]).map(({ name, missing }) => [name, missing]),
    )
    expect(rules).toMatchObject({
      pclass: { rule: 'refuse', by: 'default', reason: 'no value stands for it' },
      age: { rule: 'nan' },
      fare: { rule: 'nan', by: 'graph', reason: 'the model replaces it' },
      embarked: { rule: 'value', value: '', by: 'model.json', reason: 'model.json says so' },
    })
  })
})

describe('a model whose graph proves nothing', () => {
  // It answers its two columns as they come.
  const file = smallModel({ columns: 2 })
  const says = (missing: string | number) => JSON.stringify({ features: [{ name: 'a', missing }, { name: 'b' }] })
  const shows = (rows: readonly unknown[]) =>
    JSON.stringify({ examples: rows.map((input) => ({ input, prediction: [1, null] })) })

  async function predict(files: Record<string, string>, input: object): Promise<unknown> {
    const { server } = await startApp({ folder: createFolder({ 'm/1/model.onnx': file, ...files }) })
    const { body } = await request(server).post('/models/m/predict').send(input)
    return body.predictions?.[0] ?? body.error
  }

  test('a missing value is accepted only in the feature for which model.json allows it', async () => {
    const files = { 'm/model.json': says('nan') }
    expect(await predict(files, { a: null, b: 1 })).toEqual([null, 1])
    expect(await predict(files, { a: 1, b: null })).toContain(
      'b: expected a number, got null: the model answers it in y',
    )
  })

  test('the model gets the value that model.json gives for a missing one', async () => {
    expect(await predict({ 'm/model.json': says(-9) }, { a: null, b: 1 })).toEqual([-9, 1])
  })

  test.each([
    ['a record', { x0: 1, x1: null }],
    ['a row', [1, null]],
  ])('a missing value is accepted only in the feature for which %s of examples.json shows it', async (_form, row) => {
    const files = { 'm/1/examples.json': shows([row]) }
    expect(await predict(files, [[1, null]])).toEqual([1, null])
    expect(await predict(files, [[null, 1]])).toContain('[0][0]: x0: expected a number, got null')
  })

  test('a model is not loaded if its examples.json has a missing value that model.json refuses', async () => {
    const files = { 'm/model.json': says('refuse'), 'm/1/examples.json': shows([{ a: null, b: 1 }]) }
    expect(await predict(files, { a: 1, b: 1 })).toContain('[0].a: expected a number, got null: model.json refuses')
  })
})

test('the OpenAPI schema allows null for features that accept a missing value, in records and in tensors', async () => {
  const { server } = await startApp({ folder: join(ROOT, 'examples') })
  const { paths } = (await request(server).get('/openapi.json')).body
  const { oneOf } = paths['/models/titanic/predict'].post.requestBody.content['application/json'].schema
  const { properties } = oneOf[0]
  expect(properties.fare.type).toEqual(['number', 'null'])
  expect(properties.pclass.type).toBe('integer')
  expect(properties.embarked.type).toEqual(['string', 'null'])
  const tensors = oneOf.at(-1).properties.inputs.properties
  expect(tensors.fare.items.items.type).toEqual(['number', 'null'])
  expect(tensors.pclass.items.items.type).toEqual(['integer', 'string'])
  expect(tensors.embarked.items.items.type).toEqual(['string', 'null'])
})
