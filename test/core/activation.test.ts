import { describe, expect, test } from 'vitest'
import { activate } from '../../src/core/activation.ts'
import { toFloat16Bits } from '../../src/core/float16.ts'
import type { Tensor } from '../../src/core/tensor.ts'

function float32(shape: number[], ...values: number[]): Tensor {
  return { dataType: 'float32', shape, data: Float32Array.from(values) }
}

describe('an activation', () => {
  test('softmax is computed for each row by itself', () => {
    const { shape, data } = activate(float32([2, 3], 1, 2, 3, 0, 0, 0), 'softmax', 3)
    expect(shape).toEqual([2, 3])
    const expected = [0.09003057, 0.24472847, 0.66524096, 1 / 3, 1 / 3, 1 / 3]
    expected.forEach((value, index) => expect(data[index]).toBeCloseTo(value, 7))
  })

  test('softmax of very large or very negative numbers is not NaN', () => {
    expect([...(activate(float32([1, 2], 1000, 1000), 'softmax', 2).data as Float32Array)]).toEqual([0.5, 0.5])
    expect([...(activate(float32([1, 2], -1000, 0), 'softmax', 2).data as Float32Array)]).toEqual([0, 1])
  })

  test('sigmoid is computed for each number by itself', () => {
    const { data } = activate(float32([1, 3], 0, 800, -800), 'sigmoid', 3)
    expect([...(data as Float32Array)]).toEqual([0.5, 1, 0])
  })

  test('an activation makes two classes of a single number, which belongs to the second class', () => {
    expect(activate(float32([2, 1], 0.25, 1), 'none', 2)).toMatchObject({
      shape: [2, 2],
      data: Float32Array.of(0.75, 0.25, 0, 1),
    })
    expect(activate(float32([1], 0), 'sigmoid', 2)).toMatchObject({ shape: [1, 2], data: Float32Array.of(0.5, 0.5) })
  })

  test('an activation keeps float64, and turns float16 into float32', () => {
    const wide: Tensor = { dataType: 'float64', shape: [1, 2], data: Float64Array.of(0, Math.log(2)) }
    expect(activate(wide, 'softmax', 2)).toMatchObject({ dataType: 'float64' })
    expect(activate(wide, 'softmax', 2).data[1]).toBeCloseTo(2 / 3, 15)
    const half: Tensor = {
      dataType: 'float16',
      shape: [1, 2],
      data: Uint16Array.of(toFloat16Bits(3), toFloat16Bits(3)),
    }
    expect(activate(half, 'softmax', 2)).toMatchObject({ dataType: 'float32', data: Float32Array.of(0.5, 0.5) })
  })

  test('the activation none returns the tensor as it is', () => {
    const scores = float32([1, 2], 3, 4)
    expect(activate(scores, 'none', 2)).toBe(scores)
  })

  test('softmax makes a whole row NaN if one of its numbers is NaN', () => {
    expect([...(activate(float32([1, 2], Number.NaN, 1), 'softmax', 2).data as Float32Array)]).toEqual([
      Number.NaN,
      Number.NaN,
    ])
  })
})
