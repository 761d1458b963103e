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
  test('is a record where it has features', async () => {
    expect(await offer(tableView())).toEqual({ body: { a: 0, b: 0, c: 0 } })
  })

  test('has as many rows as the model takes, where that number is fixed', async () => {
    const record = { x0: 0, x1: 0 }
    expect(await offer(echoView(spec('x', 'float32', [4, 2])))).toEqual({ body: [record, record, record, record] })
  })

  test('is one record where a run takes one row, since rows run one after the other', async () => {
    expect(await offer(echoView(spec('x', 'float32', [1, 2])))).toEqual({ body: { x0: 0, x1: 0 } })
  })

  test('is instances of the one input where it has no features', async () => {
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

  test('is a tensor for each input by name where it has several', async () => {
    const view = echoView(spec('x', 'int64', [2]), spec('rate', 'int64', []))
    expect(await offer(view)).toEqual({ body: { inputs: { x: [0, 1], rate: 0 } } })
  })

  test('is the first that the model computes', async () => {
    const isOne = (inputs: Tensors): boolean => inputs.get('x')!.data[1] === 1n
    expect(await offer(echoView(spec('x', 'int64', [-1, 2])), isOne)).toEqual({ body: { inputs: { x: [[0, 1]] } } })
  })

  test('is none where the model computes none, and says why', async () => {
    expect(await offer(echoView(spec('x', 'int64', [3])), () => false)).toEqual({
      note: 'no example was found that the model computes: Div by zero',
      outline: { instances: 'int64 [3]' },
    })
  })

  test('has up to 64 numbers', async () => {
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
  ])('is a note on shape and datatype where %j has more', async (inputs, count, outline) => {
    const shapes = inputs.map(({ shape }) => shape.map((size) => (size === -1 ? 1 : size)))
    expect(await offer({ ...echoView(...inputs), sample: { shapes, fill: 'varied' } })).toEqual({
      note: `an example has ${count} numbers, which are too many to show: ${JSON.stringify(outline)}`,
      outline,
    })
  })

  test('is a note that says so where the model computes no made-up numbers either', async () => {
    expect(await offer(echoView(spec('x', 'float32', [100])))).toMatchObject({
      note: expect.stringMatching(/; the model computes none of the numbers that were made up$/),
    })
  })
})
