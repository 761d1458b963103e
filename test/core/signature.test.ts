import { expect, test } from 'vitest'
import { hasBatchAxis, shapeProblem } from '../../src/core/signature.ts'

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

test.each<[string, readonly (readonly number[])[], readonly (readonly number[])[], boolean]>([
  ['free inputs and outputs', [[-1, 4]], [[-1], [-1, 3]], true],
  ['an output of unknown rank', [[-1, 4]], [[]], true],
  ['a fixed input', [[4]], [[-1]], false],
  ['a scalar beside a free input', [[-1, 4], []], [[-1]], false],
  ['an output with one answer for all', [[-1]], [[1, 3]], false],
  ['no input', [], [[-1]], false],
])('a model with %s has a batch axis or not', (_case, inputs, outputs, has) => {
  const specs = (shapes: readonly (readonly number[])[]) => shapes.map((shape) => ({ ...spec, shape }))
  expect(hasBatchAxis({ inputs: specs(inputs), outputs: specs(outputs) })).toBe(has)
})

test('inputs whose axes 0 have different names share no batch axis', () => {
  const inputs = ['rows', 'words'].map((name) => ({ ...spec, freeNames: [name, undefined] }))
  expect(hasBatchAxis({ inputs, outputs: [spec] })).toBe(false)
  expect(hasBatchAxis({ inputs: [inputs[0]!, inputs[0]!], outputs: [spec] })).toBe(true)
})
