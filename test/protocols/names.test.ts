import { describe, expect, test } from 'vitest'
import type { ModelView } from '../../src/core/model-view.ts'
import { predictCodec } from '../../src/protocols/predict/predict.ts'
import { v1Codec } from '../../src/protocols/v1/v1.ts'
import { v2Codec } from '../../src/protocols/v2/v2.ts'
import { problemsOf } from '../support/errors.ts'
import { createView, spec, tableView } from '../support/views.ts'

const mangled = tableView({ features: [{ name: 'sepal_length__cm_' }, { name: 'größe' }, { name: 'c' }] })
const several = createView({
  signature: { inputs: [spec('age:0', 'float32', [-1, 1]), spec('größe', 'float32', [-1, 1])], outputs: [] },
})
const DECOMPOSED = 'gro\u0308ße'

/** The values that reach a model of one input. */
function read(body: unknown, model: ModelView = mangled, isCsv = false): number[] {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const { inputs } = predictCodec.decode({ bytes, isCsv }, model)
  return [...inputs.values()].flatMap(({ data }) => Array.from(data as Float32Array))
}

describe('names that are mangled or in another Unicode form', () => {
  const names = ['c', 'sepal length (cm)', DECOMPOSED]

  test.each<[string, unknown]>([
    ['as the key of a record', { c: 3, 'sepal length (cm)': 1, [DECOMPOSED]: 2 }],
    ['in instances', { instances: [{ c: 3, 'sepal length (cm)': 1, [DECOMPOSED]: 2 }] }],
    ['in dataframe_split', { dataframe_split: { columns: names, data: [[3, 1, 2]] } }],
    ['in dataframe_records', { dataframe_records: [{ c: 3, 'sepal length (cm)': 1, [DECOMPOSED]: 2 }] }],
  ])('a name that is mangled or in another Unicode form is accepted %s', (_case, body) => {
    expect(read(body)).toEqual([1, 2, 3])
  })

  test('a mangled name is accepted in a CSV header, whose cells may have spaces', () => {
    expect(read(` c, sepal length (cm) ,${DECOMPOSED}\n3,1,2\n`, mangled, true)).toEqual([1, 2, 3])
  })

  test('a first line of CSV with mangled names is detected as a header, and a line of numbers is not', () => {
    const body = { format: 'csv', csvHeader: undefined, accepts: ['json'], isScoring: true } as const
    const decode = (text: string) =>
      v1Codec.decode({ ...body, bytes: Buffer.from(text) }, numbered).inputs.get('X')!.data
    const numbered = tableView({ features: [{ name: 'x (1)' }, { name: 'x (2)' }, { name: 'x (3)' }] })
    expect(decode('x__1_,x__2_,x__3_\n1,2,3\n')).toEqual(Float32Array.of(1, 2, 3))
    const digits = tableView({ features: [{ name: '1' }, { name: '2' }, { name: '3' }] })
    expect(v1Codec.decode({ ...body, bytes: Buffer.from('-1,-2,-3\n') }, digits).inputs.get('X')!.data).toEqual(
      Float32Array.of(-1, -2, -3),
    )
  })

  test('a mangled name of an input is accepted in the tensors of every protocol', () => {
    expect(read({ inputs: { age: [[1]], [DECOMPOSED]: [[2]] } }, several)).toEqual([1, 2])
    expect(read({ instances: [{ age: [1], [DECOMPOSED]: [2] }] }, several)).toEqual([1, 2])
    const inputs = ['age', DECOMPOSED].map((name) => ({ name, shape: [1, 1], datatype: 'FP32', data: [1] }))
    expect([...v2Codec.decode({ bytes: Buffer.from(JSON.stringify({ inputs })) }, several).inputs.keys()]).toEqual([
      'age:0',
      'größe',
    ])
  })
})

test('a column number from pandas is read as the feature with that name', () => {
  const digits = tableView({ features: [{ name: '0' }, { name: '1' }, { name: '2' }] })
  expect(read({ dataframe_split: { columns: [2, 0, 1], data: [[3, 1, 2]] } }, digits)).toEqual([1, 2, 3])
})

test('a key that resembles a feature given by its exact name is ignored if the model ignores unknown features', () => {
  const model = tableView({ ignoresUnknown: true })
  expect(read({ a: 1, b: 2, c: 3, _a: 9, ' b': 9 }, model)).toEqual([1, 2, 3])
  expect(read('_a,a,b,c\n9,1,2,3', model, true)).toEqual([1, 2, 3])
})

describe('names that are refused', () => {
  const twins = tableView({ features: [{ name: 'a b' }, { name: 'a-b' }, { name: 'petal_width' }] })

  test.each<[string, unknown, ModelView, string[]]>([
    [
      'the error for an unknown name lists the features that it may mean',
      { a_b: 1, 'a-b': 2, petal_width: 3 },
      twins,
      ['a_b: is no feature of this model: expected "a b" or "a-b"', '["a b"]: is missing: expected a number'],
    ],
    [
      'the error for an unknown name suggests the nearest missing feature',
      { 'a b': 1, 'a-b': 2, Petal_Widht: 3 },
      twins,
      [
        'Petal_Widht: is no feature of this model: did you mean "petal_width"?',
        'petal_width: is missing: expected a number',
      ],
    ],
    [
      'the error for unknown names pairs them in order with as many missing features',
      { height: 1, weight: 2, c: 3 },
      tableView(),
      [
        'height: is no feature of this model: expected "a"',
        'weight: is no feature of this model: expected "b"',
        'a: is missing: expected a number',
        'b: is missing: expected a number',
      ],
    ],
    [
      'two names that stand for the same feature are refused, and the error names the feature',
      { ' a': 1, 'a ': 1, b: 2, c: 3 },
      tableView(),
      ['["a "]: stands for "a", which is given twice'],
    ],
    [
      'a name that stands for a feature given by its own name is refused',
      { a: 1, _a: 1, b: 2, c: 3 },
      tableView(),
      ['_a: stands for "a", which is given twice'],
    ],
    [
      'an empty batch in dataframe_split is refused as empty, also if its columns have unknown names',
      { dataframe_split: { columns: ['x', 'b', 'c', '_b'], data: [] } },
      tableView(),
      [expect.stringContaining('the batch is empty')],
    ],
    [
      'the error for an unknown tensor name suggests the missing input',
      { inputs: { ag: [[1]], größe: [[1]] } },
      several,
      ['inputs.ag: is no input of this model: expected "age:0"', 'inputs["age:0"]: is missing: expected a tensor'],
    ],
  ])('%s', (_case, body, model, problems) => {
    expect(problemsOf(() => read(body, model))).toEqual(problems)
  })

  test('unknown and repeated names in a CSV header are reported as in a record', () => {
    expect(problemsOf(() => read('aa,b,_b\n1,2,3', tableView(), true))).toEqual([
      'header[2]: "_b" stands for "b", which is given twice',
      'header[0]: "aa" is no feature of this model: did you mean "a"?',
      'header: the column "a" is missing',
      'header: the column "c" is missing',
    ])
    expect(
      problemsOf(() =>
        read('x y,b,c,x y\n1,2,3,4', tableView({ features: [{ name: 'x_y' }, { name: 'b' }, { name: 'c' }] }), true),
      ),
    ).toEqual(['header[3]: "x y" stands for "x_y", which is given twice'])
  })

  test('unknown names are compared with only a few features, however many there are', () => {
    const features = Array.from({ length: 5000 }, (_, at) => ({ name: `${'feature'.repeat(20)} ${at}` }))
    const model = tableView({
      signature: { inputs: [spec('X', 'float32', [-1, features.length])], outputs: [] },
      features,
    })
    const record = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`${'column'.repeat(20)} ${at}`, 1]))
    expect(problemsOf(() => read(record, model))).toHaveLength(10)
  })
})
