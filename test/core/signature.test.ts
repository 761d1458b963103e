import { expect, test } from 'vitest'
import { shapeProblem } from '../../src/core/signature.ts'

const spec = { name: 'X', dataType: 'float32', shape: [-1, 4] } as const

test.each([
  [[1, 4], undefined],
  [[150, 4], undefined],
  [[1, 3], 'expected shape [any,4], got [1,3]'],
  [[4], 'expected shape [any,4], got [4]'],
  [[1, 1, 4], 'expected shape [any,4], got [1,1,4]'],
])('a shape of %j against [-1, 4]', (shape, problem) => {
  expect(shapeProblem(spec, shape)).toBe(problem)
})

test('a scalar or unknown rank leaves the last word to the runtime', () => {
  expect(shapeProblem({ ...spec, shape: [] }, [2, 3])).toBeUndefined()
})
