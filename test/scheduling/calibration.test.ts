import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Tensors } from '../../src/core/tensor.ts'
import { calibrate } from '../../src/scheduling/calibration.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function makeInputs(rows: number, seed: number): Tensors {
  const data = Float32Array.from({ length: rows }, (_, index) => index + seed)
  return new Map([['x', { dataType: 'float32', shape: [rows, 1], data }]])
}

/** A model that answers its input, after as long as `cost` says for so many rows. */
function model(cost: (rows: number) => number, answer: (inputs: Tensors) => Tensors = (inputs) => inputs) {
  return async (inputs: Tensors) => {
    await vi.advanceTimersByTimeAsync(cost(inputs.get('x')!.shape[0]!))
    return answer(inputs)
  }
}

describe('calibration', () => {
  test.each<[string, (rows: number) => number, number, RegExp]>([
    [
      'calibration chooses a batch of 32 rows if a call costs more than a row',
      (rows) => 1 + rows * 0.01,
      32,
      /24 times less in a batch/,
    ],
    ['calibration chooses a batch of 8 rows if 32 rows take too long', (rows) => 1 + rows * 0.25, 8, /3\.3 times less/],
    [
      'calibration chooses single rows if 8 rows already take too long',
      (rows) => 1 + rows,
      1,
      /a row costs no less in a batch/,
    ],
    [
      'calibration chooses single rows if a row costs the same in a batch',
      (rows) => rows * 0.1,
      1,
      /a row costs no less in a batch/,
    ],
    [
      'calibration chooses single rows if one row takes too long',
      () => 6,
      1,
      /one row takes 6 ms, more than a batch may take/,
    ],
    ['calibration chooses single rows if one row takes seconds', () => 3000, 1, /one row takes 3000 ms/],
  ])('%s', async (_case, cost, maxBatchSize, reason) => {
    const result = await calibrate(model(cost), makeInputs)
    expect(result).toMatchObject({ maxBatchSize, reason: expect.stringMatching(reason) })
    expect(result.measured[0]!.rows).toBe(1)
  })

  test('calibration runs a model that takes seconds only once', async () => {
    const run = vi.fn(model(() => 3000))
    await calibrate(run, makeInputs)
    expect(run).toHaveBeenCalledTimes(1)
  })

  test('calibration finds an output whose rows depend on each other', async () => {
    const sums = (inputs: Tensors): Tensors => {
      const { data, shape } = inputs.get('x')!
      const sum = (data as Float32Array).reduce((a, b) => a + b)
      return new Map([['y', { dataType: 'float32', shape, data: new Float32Array(shape[0]!).fill(sum) }]])
    }
    const result = await calibrate(
      model(() => 0.1, sums),
      makeInputs,
    )
    expect(result).toMatchObject({ maxBatchSize: 1, reason: 'output y differs between a batch and single runs' })
  })

  test('calibration finds an output without a row for each row of the inputs', async () => {
    const one = (): Tensors => new Map([['y', { dataType: 'float32', shape: [1], data: new Float32Array(1) }]])
    const result = await calibrate(
      model(() => 0.1, one),
      makeInputs,
    )
    expect(result).toMatchObject({
      maxBatchSize: 1,
      reason: expect.stringContaining('output y does not follow the batch'),
    })
  })

  test('calibration accepts that kernels for batches round the last bits differently', async () => {
    const noisy = (inputs: Tensors): Tensors => {
      const { data, shape } = inputs.get('x')!
      return new Map([
        ['y', { dataType: 'float32', shape, data: (data as Float32Array).map((v) => v * (1 + shape[0]! * 1e-6)) }],
      ])
    }
    expect(
      (
        await calibrate(
          model((rows) => 1 + rows * 0.01, noisy),
          makeInputs,
        )
      ).maxBatchSize,
    ).toBe(32)
  })

  test.each([
    [0.1, 32],
    [1, 5],
    [4, 1],
    [700, 1],
  ])(
    'calibration measures only single runs if joining is impossible: runs of %d ms go together in groups of %i',
    async (ms, together) => {
      const run = vi.fn(model(() => ms))
      expect(await calibrate(run, makeInputs, 'no')).toMatchObject({
        maxBatchSize: 1,
        maxRunsTogether: together,
        reason: 'no',
        measured: [{ rows: 1 }],
      })
      for (const [inputs] of run.mock.calls) expect(inputs.get('x')!.shape).toEqual([1, 1])
    },
  )

  test('calibration chooses single rows if made-up values cannot be computed', async () => {
    const run = () => Promise.reject(new Error('no such index'))
    expect(await calibrate(run, makeInputs)).toEqual({
      maxBatchSize: 1,
      maxRunsTogether: 1,
      reason: 'made-up values cannot be computed in a batch: no such index',
      measured: [],
    })
  })
})
