import { describe, expect, test } from 'vitest'
import { ServingError } from '../../../src/core/errors.ts'
import type { RunRequest } from '../../../src/core/inference.ts'
import type { ModelView } from '../../../src/core/model-view.ts'
import type { TensorSpec } from '../../../src/core/signature.ts'
import type { Tensors } from '../../../src/core/tensor.ts'
import { buildSampleInputs } from '../../../src/models/tuning/sample-inputs.ts'
import { offerExample } from '../../../src/protocols/predict/offer-example.ts'
import { createView, spec, tableView } from '../../support/views.ts'

/** A view of a model that answers each request with its first input. */
function echoView(...inputs: TensorSpec[]): ModelView {
  return createView({ signature: { inputs, outputs: [{ ...inputs[0]!, name: 'y' }] } })
}

/** What is offered for a model that computes only inputs that fit. */
function offer(view: ModelView, fits: (inputs: Tensors) => boolean = () => true) {
  return offerExample(view, [buildSampleInputs(view, 1, 0)], async ({ inputs }: RunRequest) => {
    if (!fits(inputs)) throw new ServingError('INFERENCE_FAILED', 'Div by zero')
    return new Map(view.signature.outputs.map(({ name }) => [name, [...inputs.values()][0]!]))
  })
}

describe('the example of a model', () => {
  test('the example of a model with features is a record', async () => {
    expect(await offer(tableView())).toEqual({ body: { a: 0, b: 0, c: 0 } })
  })

  test('the example of a model has as many rows as the model takes, if that number is fixed', async () => {
    const record = { x0: 0, x1: 0 }
    expect(await offer(echoView(spec('x', 'float32', [4, 2])))).toEqual({ body: [record, record, record, record] })
  })

  test('the example of a model is one record if a run takes one row, as rows run one by one', async () => {
    expect(await offer(echoView(spec('x', 'float32', [1, 2])))).toEqual({ body: { x0: 0, x1: 0 } })
  })

  test('the example of a model with one input and no features is instances of that input', async () => {
    expect(await offer(echoView(spec('x', 'int64', [-1, 2, 2])))).toMatchObject({
      body: {
        instances: [
          [
            [0, 1],
            [0, 1],
          ],
        ],
      },
    })
  })

  test('the example of a model with several inputs is a tensor for each input by name', async () => {
    const view = echoView(spec('x', 'int64', [2]), spec('rate', 'int64', []))
    expect(await offer(view)).toEqual({ body: { inputs: { x: [0, 1], rate: 0 } } })
  })

  test('the example of a model is the first one that the model can compute', async () => {
    const isOne = (inputs: Tensors): boolean => inputs.get('x')!.data[1] === 1n
    expect(await offer(echoView(spec('x', 'int64', [-1, 2])), isOne)).toEqual({ body: { inputs: { x: [[0, 1]] } } })
  })

  test('a note replaces the example and says why, if the model computes no example', async () => {
    expect(await offer(echoView(spec('x', 'int64', [3])), () => false)).toEqual({
      note: 'no example was found that the model computes: Div by zero',
      outline: { instances: 'int64 [3]' },
    })
  })

  test('the example of a model has up to 64 numbers', async () => {
    expect(await offer(echoView(spec('x', 'float32', [-1, 4, 4, 4])))).toHaveProperty('body.instances.0.3.3.3')
  })

  test.each<[TensorSpec[], number, object]>([
    [
      [spec('x', 'float32', [-1, 3, 224, 224])],
      150_528,
      { instances: 'float32 [any,3,224,224], such as [1,3,224,224]' },
    ],
    [[spec('a', 'int64', [65]), spec('b', 'bool', [])], 66, { inputs: { a: 'int64 [65]', b: 'bool []' } }],
    [[spec('x', 'float32', [-1, 65])], 65, { instances: 'records of 65 features, or arrays in their order' }],
  ])('a note on shape and datatype replaces an example of more than 64 numbers: %j', async (inputs, count, outline) => {
    const shapes = inputs.map(({ shape }) => shape.map((size) => (size === -1 ? 1 : size)))
    expect(await offer({ ...echoView(...inputs), sample: { shapes, fill: 'varied' } })).toEqual({
      note: `an example has ${count} numbers, which are too many to show: ${JSON.stringify(outline)}`,
      outline,
    })
  })

  test('the note that replaces a long example says if the model computes no made-up numbers', async () => {
    expect(await offer(echoView(spec('x', 'float32', [100])))).toMatchObject({
      note: expect.stringMatching(/; the model computes none of the numbers that were made up$/),
    })
  })
})
