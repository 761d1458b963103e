import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DATA_TYPES } from '../../src/core/datatypes.ts'
import type { DataType } from '../../src/core/datatypes.ts'
import { elementCount, isJoinable, joinTensors, splitTensor } from '../../src/core/tensor.ts'
import type { Tensor } from '../../src/core/tensor.ts'

/** Tensors of one datatype and one inner shape, each with its own number of rows, zero included. */
const joinable: fc.Arbitrary<Tensor[]> = fc
  .record({
    dataType: fc.constantFrom(...(Object.keys(DATA_TYPES) as DataType[])),
    inner: fc.array(fc.nat(3), { maxLength: 3 }),
    rows: fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }),
    seed: fc.nat(1000),
  })
  .map(({ dataType, inner, rows, seed }) =>
    rows.map((count, index) => filled(dataType, [count, ...inner], seed + index)),
  )

function filled(dataType: DataType, shape: number[], seed: number): Tensor {
  const data = DATA_TYPES[dataType].allocate(elementCount(shape))
  for (let index = 0; index < data.length; index++) {
    const value = (seed * 31 + index * 7) % 127
    if (Array.isArray(data)) data[index] = `text ${value}`
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = BigInt(value)
    else data[index] = value
  }
  return { dataType, shape, data }
}

describe('joining and splitting', () => {
  test('splitting a joined tensor gives back its parts, for every datatype and shape', () => {
    fc.assert(
      fc.property(joinable, (parts) => {
        const joined = joinTensors(parts)
        const rows = parts.map(({ shape }) => shape[0]!)
        expect(joined.shape).toEqual([rows.reduce((sum, count) => sum + count), ...parts[0]!.shape.slice(1)])
        expect(joined.data).toHaveLength(elementCount(joined.shape))
        expect(splitTensor(joined, rows)).toEqual(parts)
      }),
    )
  })

  test('a change of a joined tensor does not change its parts', () => {
    const part = filled('float32', [2, 2], 1)
    const joined = joinTensors([part, part])
    ;(joined.data as Float32Array).fill(0)
    expect(part).toEqual(filled('float32', [2, 2], 1))
  })

  test('joining no tensors throws an error', () => {
    expect(() => joinTensors([])).toThrow('nothing to join')
  })
})

test.each([
  [[2, 3], [5, 3], true],
  [[2, 3], [2, 4], false],
  [[2, 3], [2, 3, 1], false],
  [[2], [7], true],
  [[], [], false],
])('tensors of shapes %j and %j can be joined: %s', (a, b, isPossible) => {
  expect(isJoinable(filled('int8', a, 0), filled('int8', b, 0))).toBe(isPossible)
  expect(isJoinable(filled('int8', a, 0), filled('int16', b, 0))).toBe(false)
})
