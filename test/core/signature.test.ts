import { expect, test } from 'vitest'
import { hasBatchAxis, shapeProblem } from '../../src/core/signature.ts'

const spec = { name: 'X', dataType: 'float32', shape: [-1, 4] } as const

test.each([
  [[1, 4], undefined],
  [[150, 4], undefined],
  [[1, 3], 'expected shape [any,4], got [1,3]'],
  [[4], 'expected shape [any,4], got [4]'],
  [[1, 1, 4], 'expected shape [any,4], got [1,1,4]'],
])('the check of shape %j against [-1, 4] answers: %s', (shape, problem) => {
  expect(shapeProblem(spec, shape)).toBe(problem)
})

test('a signature of a scalar or of unknown rank leaves the check of the shape to the runtime', () => {
  expect(shapeProblem({ ...spec, shape: [] }, [2, 3])).toBeUndefined()
})

test.each<[string, readonly (readonly number[])[], readonly (readonly number[])[], boolean]>([
  ['a model with free inputs and outputs has a batch axis', [[-1, 4]], [[-1], [-1, 3]], true],
  ['a model with an output of unknown rank has a batch axis', [[-1, 4]], [[]], true],
  ['a model with a fixed input has no batch axis', [[4]], [[-1]], false],
  ['a model with a scalar beside a free input has no batch axis', [[-1, 4], []], [[-1]], false],
  ['a model whose output has one answer for all rows has no batch axis', [[-1]], [[1, 3]], false],
  ['a model without inputs has no batch axis', [], [[-1]], false],
])('%s', (_case, inputs, outputs, has) => {
  const specs = (shapes: readonly (readonly number[])[]) => shapes.map((shape) => ({ ...spec, shape }))
  expect(hasBatchAxis({ inputs: specs(inputs), outputs: specs(outputs) })).toBe(has)
})

test('inputs whose axes 0 have different names share no batch axis', () => {
  const inputs = ['rows', 'words'].map((name) => ({ ...spec, freeNames: [name, undefined] }))
  expect(hasBatchAxis({ inputs, outputs: [spec] })).toBe(false)
  expect(hasBatchAxis({ inputs: [inputs[0]!, inputs[0]!], outputs: [spec] })).toBe(true)
})
