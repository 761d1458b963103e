import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../../src/core/tensor.ts'
import { describeModel } from '../../../src/http/describe-model.ts'
import { predictCodec } from '../../../src/protocols/predict/predict.ts'
import { classify } from '../../../src/protocols/v2/v2-classification.ts'
import { largeModel, smallModel } from '../../support/onnx-writer.ts'
import { tableModel } from '../../support/table-model.ts'
import { loadRegistry } from '../../support/registry.ts'
import { textOf } from '../../support/answers.ts'
import { doSteps } from '../../../src/core/steps.ts'

const LABELS = ['cat', 'dog', 'owl']

async function load(model: Buffer, description: object) {
  const registry = await loadRegistry({ 'm/1/model.onnx': model, 'm/model.json': JSON.stringify(description) })
  return { entry: registry.find('m'), get: () => registry.get('m') }
}

async function predict(model: Buffer, description: object, body: unknown, top?: string) {
  const served = (await load(model, description)).get()
  const bytes = Buffer.from(JSON.stringify(body))
  const request = predictCodec.decode({ bytes, isCsv: false, ...(top && { top }) }, served.view)
  const reply = JSON.parse(textOf(predictCodec.encode(await served.infer(request), request, served.view))) as {
    predictions: { label: string; probabilities: Record<string, number>; scores: Record<string, number> }[]
  }
  return reply.predictions
}

describe('a network with labels in model.json', () => {
  test('a network with labels answers the class with the largest number, and probabilities by softmax', async () => {
    const [first, second] = await predict(smallModel({ operator: 'Neg' }), { labels: LABELS }, [
      [-1, -2, -3],
      [2, 0, 1],
    ])
    expect(first!.label).toBe('owl')
    expect(first!.probabilities['cat']).toBeCloseTo(0.09003057, 6)
    expect(first!.probabilities['owl']).toBeCloseTo(0.66524096, 6)
    expect(second!.label).toBe('dog')
  })

  test.each([
    ['Softmax', 'none'],
    ['Sigmoid', 'none'],
    ['LogSoftmax', 'softmax'],
    ['Relu', 'softmax'],
    // Their answers to small positive numbers lie between 0 and 1, and others do not.
    ['Sin', 'softmax'],
    ['Tanh', 'softmax'],
    ['Softsign', 'softmax'],
    ['LpNormalization', 'softmax'],
  ])('a network with labels whose graph ends in %s has the activation %s', async (operator, name) => {
    const served = await load(smallModel({ operator }), { labels: LABELS })
    const { activation, task } = describeModel(served.entry)
    expect({ task, name: activation?.name }).toEqual({ task: 'classifier', name })
    expect(activation?.reason).toContain(`the graph ends in ${operator}`)
  })

  test('a network with labels keeps probabilities that its graph computes step by step', async () => {
    const node = (operator: string, inputs: string[], output: string) => ({ operator, inputs, outputs: [output] })
    const steps = [
      node('Exp', ['x'], 'powers'),
      node('ReduceSum', ['powers', 'axes'], 'sum'),
      node('Div', ['powers', 'sum'], 'y'),
    ]
    const constants = { axes: BigInt64Array.of(1n) }
    const model = tableModel({ inputs: { x: 3 }, nodes: steps, outputs: { y: 3 }, constants })
    const { entry } = await load(model, { labels: LABELS })
    expect(describeModel(entry).activation?.name).toBe('none')
    const [row] = await predict(model, { labels: LABELS }, [[1, 2, 3]])
    expect(row!.probabilities['owl']).toBeCloseTo(0.66524096, 6)
  })

  test('a network with labels keeps probabilities if its graph ends in Softmax', async () => {
    const [row] = await predict(smallModel({ operator: 'Softmax' }), { labels: LABELS }, [[1, 2, 3]])
    expect(row!.probabilities['owl']).toBeCloseTo(0.66524096, 6)
  })

  test('a network with labels has the activation that model.json sets', async () => {
    const model = smallModel({ operator: 'Neg' })
    const sigmoid = await predict(model, { labels: LABELS, activation: 'sigmoid' }, [[0, -800, 800]])
    expect(sigmoid).toEqual([{ label: 'dog', probabilities: { cat: 0.5, dog: 1, owl: 0 } }])
    const none = await predict(model, { labels: LABELS, activation: 'none' }, [[1, -800, 800]])
    expect(none).toEqual([{ label: 'dog', scores: { cat: -1, dog: 800, owl: -800 } }])
  })

  test('a network with labels answers only its likeliest class if the request asks for one', async () => {
    const [row] = await predict(largeModel(1, 3), { labels: LABELS, activation: 'none' }, [[0, 9, 0]], '1')
    expect(Object.keys(row!.scores)).toEqual([row!.label])
  })

  test('a network that answers a single number for two classes has probabilities of both', async () => {
    const model = smallModel({ operator: 'Neg', columns: 1 })
    const rows = await predict(model, { labels: ['no', 'yes'] }, [[-800], [800], [0]])
    expect(rows).toEqual([
      { label: 'yes', probabilities: { no: 0, yes: 1 } },
      { label: 'no', probabilities: { no: 1, yes: 0 } },
      { label: 'no', probabilities: { no: 0.5, yes: 0.5 } },
    ])
  })

  test('a network with labels answers no class if one of its numbers is NaN', async () => {
    const model = smallModel({ operator: 'Log' })
    expect(await predict(model, { labels: LABELS }, [[-1, 1, 1]])).toEqual([
      { label: null, probabilities: { cat: null, dog: null, owl: null } },
    ])
  })

  test('the classification of V2 has the class names of a network and the unchanged numbers of the tensor', async () => {
    const { view } = (await load(smallModel({ operator: 'Neg' }), { labels: LABELS })).get()
    const scores: Tensor = { dataType: 'float32', shape: [1, 3], data: Float32Array.of(1, 3, 2) }
    const { data } = doSteps(classify(scores, 2, view.signature.outputs[0]!, view))
    expect(data).toEqual(['3.000000:1:dog', '2.000000:2:owl'])
  })

  test.each<[string, object, RegExp]>([
    [
      'another number of labels',
      { labels: ['a', 'b'] },
      /^model.json: has 2 labels, but the model has 3 numbers a row$/,
    ],
    ['only one label', { labels: ['a'] }, /a classifier has two classes or more/],
    ['an activation without labels', { activation: 'softmax' }, /list them in "labels"/],
    ['an unknown activation', { labels: LABELS, activation: 'relu' }, /^model.json: activation: /],
    [
      'both labels and columns of an output',
      { labels: LABELS, outputs: [{ tensor: 'y', columns: ['a', 'b', 'c'] }] },
      /labels and columns for the same numbers/,
    ],
    [
      'an output that has the name label',
      { labels: LABELS, outputs: [{ tensor: 'y', name: 'label' }] },
      /answered as label/,
    ],
  ])('a network with %s in model.json fails to load', async (_case, description, error) => {
    const { entry } = await load(smallModel({ operator: 'Neg' }), description)
    expect(entry).toMatchObject({ status: 'failed', error: expect.stringMatching(error) })
  })

  test('a network that answers a single number cannot have the activation softmax', async () => {
    const description = { labels: ['no', 'yes'], activation: 'softmax' }
    const { entry } = await load(smallModel({ operator: 'Neg', columns: 1 }), description)
    expect(entry).toMatchObject({ status: 'failed', error: expect.stringContaining('use sigmoid') })
  })
})
