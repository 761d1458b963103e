import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { smallModel } from '../support/onnx-writer.ts'
import { examplesOf, PARITY } from '../support/parity.ts'
import { loadRegistry } from '../support/registry.ts'

interface Answer {
  readonly label: string | number
  readonly probabilities: Readonly<Record<string, number>>
}

const LOGISTIC = readFileSync(join(PARITY, 'logistic-two-classes/1/model.onnx'))
const ROWS = examplesOf('logistic-two-classes').map(({ input, prediction }) => ({
  input,
  second: (prediction as Answer).probabilities['1']!,
}))
const instances = ROWS.map(({ input }) => input)

const serve = (description: object, model: Buffer = LOGISTIC) =>
  startApp({ folder: createFolder({ 'm/1/model.onnx': model, 'm/model.json': JSON.stringify(description) }) })

async function predict(app: Awaited<ReturnType<typeof serve>>, body: object): Promise<Answer[]> {
  const reply = await request(app.app.server).post('/models/m/predict').send(body)
  return (reply.body as { predictions: Answer[] }).predictions
}

/** Rows of both kinds: those whose label the threshold changes, and others. */
function expectChosen(labels: readonly unknown[], choose: (second: number) => unknown, usual: readonly unknown[]) {
  expect(labels).toEqual(ROWS.map(({ second }) => choose(second)))
  expect(labels).not.toEqual(usual)
}

const usual = ROWS.map(({ second }) => (second > 0.5 ? 1 : 0))

describe('the threshold of model.json', () => {
  test.each([0.2, 0.8])(
    'a threshold chooses the second class from probability %s on, and does not change the probabilities',
    async (threshold) => {
      const predictions = await predict(await serve({ threshold }), { instances })
      const labels = predictions.map(({ label }) => label)
      expectChosen(labels, (second) => (second >= threshold ? 1 : 0), usual)
      for (const [row, { second }] of ROWS.entries())
        expect(predictions[row]!.probabilities['1']).toBeCloseTo(second, 5)
    },
  )

  test('a threshold may be for the first class', async () => {
    const predictions = await predict(await serve({ threshold: { label: 0, atLeast: 0.2 } }), { instances })
    const labels = predictions.map(({ label }) => label)
    expectChosen(labels, (second) => (1 - second >= 0.2 ? 0 : 1), usual)
  })

  test('with a threshold, the label is the class name of model.json', async () => {
    const description = { labels: ['no', 'yes'], threshold: { label: 'yes', atLeast: 0.2 } }
    const predictions = await predict(await serve(description), { instances })
    expect(predictions.map(({ label }) => label)).toEqual(ROWS.map(({ second }) => (second >= 0.2 ? 'yes' : 'no')))
  })

  test('a threshold chooses the label in V1 and V2, also if V2 asks for the label alone', async () => {
    const { app } = await serve({ threshold: 0.2 })
    const expected = ROWS.map(({ second }) => (second >= 0.2 ? 1 : 0))
    const v1 = await request(app.server).post('/v1/models/m:predict').send({ instances })
    expect((v1.body as { predictions: Answer[] }).predictions.map(({ label }) => label)).toEqual(expected)

    const shape = [instances.length, (instances[0] as unknown[]).length]
    const inputs = [{ name: 'X', shape, datatype: 'FP32', data: instances.flat() }]
    const infer = async (outputs?: object[]) => {
      const { body } = await request(app.server).post('/v2/models/m/infer').send({ inputs, outputs })
      return (body as { outputs: { name: string; data: number[] }[] }).outputs
    }
    const all = await infer()
    expect(all.find(({ name }) => name === 'output_label')!.data).toEqual(expected)
    const alone = await infer([{ name: 'output_label' }])
    expect(alone.map(({ name, data }) => [name, data])).toEqual([['output_label', expected]])
  })

  test('GET /models/{name} shows the threshold and its label', async () => {
    const { app } = await serve({ threshold: 0.2 })
    const { body } = await request(app.server).get('/models/m')
    expect(body).toMatchObject({ status: 'ready', threshold: { label: 1, atLeast: 0.2 } })
  })

  test('a threshold chooses the class of a network by its probabilities', async () => {
    const description = { labels: ['no', 'yes'], activation: 'softmax', threshold: 0.9 }
    const app = await serve(description, smallModel({ operator: 'Neg', columns: 2 }))
    const predictions = await predict(app, {
      instances: [
        [1, 0],
        [9, 0],
      ],
    })
    expect(predictions.map(({ label, probabilities }) => [label, probabilities['yes']! > 0.5])).toEqual([
      ['no', true],
      ['yes', true],
    ])
  })

  test('the float32 that is nearest to the threshold reaches it', async () => {
    const app = await serve(
      { labels: ['no', 'yes'], activation: 'none', threshold: 0.7 },
      smallModel({ operator: 'Identity', columns: 2 }),
    )
    const predictions = await predict(app, {
      instances: [
        [0, 0.7],
        [0, 0.6999],
      ],
    })
    expect(predictions.map(({ label }) => label)).toEqual(['yes', 'no'])
  })

  test.each([
    [{ threshold: { label: 'maybe', atLeast: 0.5 } }, LOGISTIC, /threshold names the class maybe, but .* 0 and 1/],
    [{ threshold: 0.5, labels: ['a', 'b', 'c'] }, smallModel({ operator: 'Neg' }), /of two classes, and it has 3/],
    [{ threshold: 0.5 }, smallModel({ operator: 'Neg' }), /threshold is for a classifier/],
    [{ threshold: '0.5' }, LOGISTIC, /threshold: /],
  ])('a threshold that does not fit the model fails the load: %j', async (description, model, error) => {
    const registry = await loadRegistry({ 'm/1/model.onnx': model, 'm/model.json': JSON.stringify(description) })
    expect(registry.find('m')).toMatchObject({ status: 'failed', error: expect.stringMatching(error) })
  })
})
