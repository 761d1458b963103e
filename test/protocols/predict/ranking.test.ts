import fc from 'fast-check'
import { expect, test } from 'vitest'
import { doSteps } from '../../../src/core/steps.ts'
import { selectLargest } from '../../../src/protocols/predict/ranking.ts'

function select(values: readonly (number | bigint)[], count: number): number[] {
  return Array.from(doSteps(selectLargest({ length: values.length, at: (index) => values[index]! }, count)))
}

/** What sorting would bring. */
function sorted(values: readonly (number | bigint)[]): number[] {
  const rank = (value: number | bigint): number | bigint => (Number.isNaN(value) ? -Infinity : value)
  return [...values.keys()].toSorted((a, b) => {
    const [x, y] = [rank(values[a]!), rank(values[b]!)]
    return x === y ? a - b : x > y ? -1 : 1
  })
}

// Few different ones, so that many are equal.
const number = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(Number.NaN, Infinity, -Infinity, 0.5, -0))
const bigint = fc.bigInt({ min: 2n ** 62n, max: 2n ** 62n + 3n })

test.each([
  ['numbers', fc.array(number, { maxLength: 50 })],
  ['integers of 64 bits', fc.array(bigint, { maxLength: 50 })],
])('the largest %s are selected as if all were sorted', (_name, arrays: fc.Arbitrary<(number | bigint)[]>) => {
  fc.assert(
    fc.property(arrays, fc.nat(60), (values, count) => {
      expect(select(values, count)).toEqual(sorted(values).slice(0, count))
    }),
  )
})

test('the largest of many values are selected in many steps', () => {
  const steps = selectLargest({ length: 100_000, at: (index) => Math.sin(index) }, 3)
  expect([...steps].length).toBeGreaterThan(10)
})
