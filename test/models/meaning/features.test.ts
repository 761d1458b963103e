import { describe, expect, test } from 'vitest'
import type { TensorSpec } from '../../../src/core/signature.ts'
import { toFeatures } from '../../../src/models/meaning/features.ts'
import { writeMissing } from '../../../src/protocols/tabular/missing.ts'
import { spec } from '../../support/views.ts'

const UNPROVEN = { rule: 'refuse', by: 'default', reason: 'nothing shows that the model handles it' }
const NO_VALUE = { rule: 'refuse', by: 'default', reason: 'no value stands for it' }

function features(inputs: TensorSpec[], described?: Parameters<typeof toFeatures>[1]) {
  return toFeatures({ inputs, outputs: [] }, described)
}

describe('the features of a model', () => {
  test('the features of a model are numbered columns if nothing describes them', () => {
    expect(features([spec('X', 'float32', [-1, 2])])).toEqual([
      { name: 'x0', type: 'number', dataType: 'float32', input: 0, column: 0, missing: UNPROVEN },
      { name: 'x1', type: 'number', dataType: 'float32', input: 0, column: 1, missing: UNPROVEN },
    ])
  })

  test('the inputs of a model are its features if each of them is one column', () => {
    const inputs = [spec('age', 'int64', [-1, 1]), spec('name', 'string', [-1, 1]), spec('member', 'bool', [-1, 1])]
    expect(features(inputs)).toEqual([
      { name: 'age', type: 'integer', dataType: 'int64', input: 0, column: 0, missing: NO_VALUE },
      { name: 'name', type: 'string', dataType: 'string', input: 1, column: 0, missing: NO_VALUE },
      { name: 'member', type: 'boolean', dataType: 'bool', input: 2, column: 0, missing: NO_VALUE },
    ])
  })

  test('a single input of one column is a feature with the name of the input', () => {
    expect(features([spec('size', 'float32', [-1, 1])])).toMatchObject([{ name: 'size' }])
  })

  test('model.json describes features in the order of the columns', () => {
    const described = [{ name: 'rooms', type: 'integer' as const, unit: 'rooms', example: 3 }, { name: 'area' }]
    const held = { dataType: 'float32', input: 0, missing: UNPROVEN }
    expect(features([spec('X', 'float32', [-1, 2])], described)).toEqual([
      { ...held, name: 'rooms', type: 'integer', unit: 'rooms', example: 3, column: 0 },
      { ...held, name: 'area', type: 'number', column: 1 },
    ])
  })

  test('features in model.json are found by name if every name is that of an input, and by order otherwise', () => {
    const inputs = [spec('age', 'int64', [-1, 1]), spec('city', 'string', [-1, 1])]
    expect(features(inputs, [{ name: 'city' }, { name: 'age' }])).toMatchObject([
      { name: 'city', dataType: 'string', input: 1 },
      { name: 'age', dataType: 'int64', input: 0 },
    ])
    expect(features(inputs, [{ name: 'years' }, { name: 'city' }])).toMatchObject([{ input: 0 }, { input: 1 }])
  })

  test('an input with a free number of columns has the number of features that model.json describes', () => {
    expect(features([spec('X', 'float32', [-1, -1])], [{ name: 'a' }, { name: 'b' }])).toHaveLength(2)
    expect(features([spec('X', 'float32', [-1, -1])])).toEqual([])
  })

  test.each([
    [[spec('image', 'float32', [-1, 3, 8, 8])]],
    [[spec('ids', 'int64', [-1, -1]), spec('mask', 'int64', [-1, -1])]],
    [[spec('x', 'float32', [])]],
    [[]],
  ])('a model whose inputs are no table has no features: %j', (inputs) => {
    expect(features(inputs)).toEqual([])
  })

  test.each<[string, string, unknown]>([
    ['a JSON number', 'int64', -(2n ** 53n) - 1n],
    ['text', 'int64', '-9007199254740993'],
    ['a JSON number', 'uint64', 2n ** 64n - 1n],
  ])(
    'the value for a missing integer is exact beyond 2^53, given as %s for a column of %s',
    (_case, dataType, missing) => {
      const described = [{ name: 'id', missing: missing as bigint, example: missing as bigint }]
      const [feature] = features([spec('id', dataType as 'int64', [-1, 1])], described)
      const data = dataType === 'int64' ? new BigInt64Array(1) : new BigUint64Array(1)
      expect(writeMissing(feature!, data, 0)).toBe(undefined)
      expect(String(data[0])).toBe(String(missing))
    },
  )

  test.each<[string, string, unknown]>([
    ['integer', 'int64', 2n ** 63n],
    ['integer', 'int64', '9223372036854775808'],
    ['integer', 'int64', 'many'],
    ['integer', 'float64', 2n ** 53n + 1n],
    ['integer', 'float64', '9007199254740993'],
  ])(
    'a feature of the type %s in a column of %s refuses this value for a missing one: %s',
    (type, dataType, missing) => {
      const described = [{ name: 'id', type: type as 'integer', missing: missing as bigint }]
      expect(() => features([spec('id', dataType as 'int64', [-1, 1])], described)).toThrow(
        /^model\.json: "missing" of feature id: expected an integer/,
      )
    },
  )

  test.each([
    ['describes 1 features, but the model has 2 columns', [spec('X', 'float32', [-1, 2])], [{ name: 'a' }]],
    ['but the model has inputs that are no table', [spec('X', 'float32', [-1, 2, 2])], [{ name: 'a' }]],
    [
      "a is declared string, but the model's input holds float32",
      [spec('X', 'float32', [-1, 1])],
      [{ name: 'a', type: 'string' as const }],
    ],
    ['a is declared number, but', [spec('X', 'int64', [-1, 1])], [{ name: 'a', type: 'number' as const }]],
    [
      '"example" of feature a: expected a number, got "b"',
      [spec('X', 'float32', [-1, 1])],
      [{ name: 'a', example: 'b' }],
    ],
  ])('a description of features that does not fit the model is refused: %s', (message, inputs, described) => {
    expect(() => features(inputs, described)).toThrow(message)
  })
})
