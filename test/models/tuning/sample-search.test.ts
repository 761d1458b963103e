import { describe, expect, test } from 'vitest'
import { ServingError } from '../../../src/core/errors.ts'
import type { ErrorCode } from '../../../src/core/errors.ts'
import type { ModelView } from '../../../src/core/model-view.ts'
import type { TensorSpec } from '../../../src/core/signature.ts'
import type { Tensors } from '../../../src/core/tensor.ts'
import { findSampleRecipe } from '../../../src/models/tuning/sample-search.ts'
import { buildSampleInputs } from '../../../src/models/tuning/sample-inputs.ts'
import { createFakeSession } from '../../support/fake-session.ts'
import { createView, spec } from '../../support/views.ts'

function named(name: string, dataType: TensorSpec['dataType'], axes: readonly (number | string)[]): TensorSpec {
  const shape = axes.map((axis) => (typeof axis === 'number' ? axis : -1))
  return { name, dataType, shape, freeNames: axes.map((axis) => (typeof axis === 'string' ? axis : undefined)) }
}

/** What is tried with a model that computes only inputs that fit. */
async function find(
  inputs: readonly TensorSpec[],
  fits: (inputs: Tensors) => boolean,
  code: ErrorCode = 'INFERENCE_FAILED',
) {
  const signature = { inputs, outputs: [spec('y', 'float32', [])] }
  const tried: Tensors[] = []
  const session = createFakeSession(signature, async (given) => {
    tried.push(given)
    if (fits(given)) return new Map()
    throw new ServingError(code, 'no')
  })
  const view: ModelView = createView({ signature })
  const found = { ...view, ...(await findSampleRecipe(session, view)) }
  return { found, tried, shapes: found.sample?.shapes }
}

function isAxisOne(given: Tensors): boolean {
  return given.get('axis')!.data[0] === 1n
}

describe('made-up inputs', () => {
  test('made-up inputs have one row and free axes of 1 if the model computes these', async () => {
    const { shapes, tried } = await find([named('x', 'float32', ['N', 'length'])], () => true)
    expect(shapes).toEqual([[1, 1]])
    expect(tried).toHaveLength(1)
  })

  test.each([2, 8, 64, 512])(
    'made-up inputs have a free axis of %i if the model accepts no smaller one',
    async (size) => {
      const { shapes } = await find(
        [named('x', 'float32', [1, 'length'])],
        (inputs) => inputs.get('x')!.shape[1]! >= size,
      )
      expect(shapes).toEqual([[1, size]])
    },
  )

  test('made-up inputs have a size for each name of an axis if a single size is refused', async () => {
    const inputs = [named('x', 'float32', ['batch', 'samples']), named('state', 'float32', [2, 'batch', 64])]
    const { shapes } = await find(
      inputs,
      (given) => given.get('x')!.shape.join() === '1,512' && given.get('state')!.shape[1] === 1,
    )
    expect(shapes).toEqual([
      [1, 512],
      [2, 1, 64],
    ])
  })

  test('made-up inputs have the same size for free axes of the same name', async () => {
    const inputs = [named('a', 'float32', [1, 'n', 3]), named('b', 'float32', [1, 'n'])]
    const { tried } = await find(inputs, () => false)
    expect(tried.length).toBeGreaterThan(0)
    for (const given of tried) expect(given.get('a')!.shape[1]).toBe(given.get('b')!.shape[1])
  })

  test.each([0n, 1n, 16_000n])('made-up inputs have a scalar of %i if the model accepts no other', async (rate) => {
    const inputs = [named('x', 'float32', [1, 64]), spec('rate', 'int64', [])]
    const { found } = await find(inputs, (given) => given.get('rate')!.data[0] === rate)
    expect(buildSampleInputs(found, 1, 0).get('rate')!.data[0]).toBe(rate)
  })

  test('made-up inputs have only the number 1 if the model accepts no others, such as for scales', async () => {
    const isOnes = (given: Tensors): boolean => (given.get('x')!.data as Float32Array).every((value) => value === 1)
    const { found } = await find([spec('x', 'float32', [4])], isOnes)
    expect(buildSampleInputs(found, 1, 3).get('x')!.data).toEqual(new Float32Array(4).fill(1))
  })

  test('made-up inputs have different numbers if no number may come twice, such as for axes', async () => {
    const isDistinct = (given: Tensors): boolean => new Set(given.get('axes')!.data as BigInt64Array).size === 3
    const { found } = await find([spec('axes', 'int64', [3])], isDistinct)
    expect(buildSampleInputs(found, 1, 0).get('axes')!.data).toEqual(new BigInt64Array([0n, 1n, 2n]))
  })

  test('made-up inputs never have hundreds of rows, which could take all memory', async () => {
    const { tried } = await find([named('ids', 'int64', ['n', 'm']), named('mask', 'int64', ['k', 'm'])], () => false)
    expect(Math.max(...tried.map((given) => given.get('ids')!.shape[0]!))).toBe(8)
    expect(Math.max(...tried.map((given) => given.get('ids')!.shape[1]!))).toBe(512)
  })

  test.each([
    ['other shapes', [named('x', 'float32', [1, 'length'])], (given: Tensors) => given.get('x')!.shape[1] === 2],
    ['other numbers', [spec('x', 'float32', [4]), spec('axis', 'int64', [])], isAxisOne],
  ])('made-up inputs soon have %s if a run never ends', async (_how, inputs, fits) => {
    const { found, tried } = await find(inputs, fits, 'RUN_TIMEOUT')
    expect(found.sample).toBeDefined()
    expect(tried).toHaveLength(2)
  })

  test('the search for made-up inputs ends when the runtime dies', async () => {
    const { found, tried } = await find([named('x', 'float32', ['N', 'm'])], () => false, 'RUNTIME_FAILED')
    expect(found.sample).toBeUndefined()
    expect(tried).toHaveLength(1)
  })

  test('made-up inputs can have several rows if the model has a batch axis', async () => {
    const { found } = await find([named('x', 'float32', ['N', 'm'])], (given) => given.get('x')!.shape[1] === 8)
    expect(buildSampleInputs(found, 3, 0).get('x')!.shape).toEqual([3, 8])
  })
})
