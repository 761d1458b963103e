import { describe, expect, test } from 'vitest'
import type { ModelView } from '../../../src/core/model-view.ts'
import { predictCodec } from '../../../src/protocols/predict/predict.ts'
import { v1Codec } from '../../../src/protocols/v1/v1.ts'
import { problemsOf } from '../../support/errors.ts'
import { createView, spec, tableView } from '../../support/views.ts'

type Features = NonNullable<Parameters<typeof createView>[0]['features']>

const UNPROVEN =
  'nothing shows that the model handles it. If the model takes it, write "missing": "nan" or a value for this feature into model.json'
const NO_VALUE =
  'no value stands for it. If the model takes it, write "missing" with a value for this feature into model.json'

/** Three columns of one input; the second takes missing values. */
const one = tableView({ features: [{ name: 'a' }, { name: 'b', missing: 'nan' }, { name: 'c', missing: 'refuse' }] })

function decode(body: unknown, model: ModelView, { isScoring = false } = {}) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  if (!isScoring) return predictCodec.decode({ bytes, isCsv: false }, model).inputs
  return v1Codec.decode({ bytes, format: 'json', csvHeader: undefined, accepts: ['json'], isScoring }, model).inputs
}

function values(...args: Parameters<typeof decode>): unknown[][] {
  return Array.from(decode(...args).values(), ({ data }) => Array.from<unknown>(data))
}

function columns(features: Features, ...types: Parameters<typeof spec>[1][]): ModelView {
  const inputs = types.map((type, index) => spec(features[index]!.name, type, [-1, 1]))
  return createView({ signature: { inputs, outputs: [] }, features })
}

describe('a missing value of a column of floats', () => {
  // Where a value of each feature stands in the body, and how the error names it.
  const forms: [form: string, body: (a: unknown, b: unknown, c: unknown) => unknown, at: (column: number) => string][] =
    [
      ['a record', (a, b, c) => ({ a, b, c }), (at) => 'abc'[at]!],
      ['a list of records', (a, b, c) => [{ c, b, a }], (at) => `[0].${'abc'[at]}`],
      ['a list of rows', (a, b, c) => [[a, b, c]], (at) => `[0][${at}]: ${'abc'[at]}`],
      ['instances of records', (a, b, c) => ({ instances: [{ a, b, c }] }), (at) => `instances[0].${'abc'[at]}`],
      ['instances of rows', (a, b, c) => ({ instances: [[a, b, c]] }), (at) => `instances[0][${at}]: ${'abc'[at]}`],
      [
        'dataframe_records',
        (a, b, c) => ({ dataframe_records: [{ a, b, c }] }),
        (at) => `dataframe_records[0].${'abc'[at]}`,
      ],
      [
        'dataframe_split',
        (a, b, c) => ({ dataframe_split: { columns: ['a', 'b', 'c'], data: [[a, b, c]] } }),
        (at) => `dataframe_split.data[0][${at}]: ${'abc'[at]}`,
      ],
      ['inputs', (a, b, c) => ({ inputs: { X: [[a, b, c]] } }), (at) => `inputs.X[0][${at}]: ${'abc'[at]}`],
    ]

  test.each(forms)('a missing value in %s is read as NaN if the model handles it', (_form, body) => {
    expect(values(body(1, null, 3), one)).toEqual([[1, Number.NaN, 3]])
  })

  test.each(forms)('a missing value in %s is refused if nothing shows that the model handles it', (_form, body, at) => {
    expect(problemsOf(() => decode(body(null, 2, 3), one))).toEqual([
      `${at(0)}: expected a number, got null: ${UNPROVEN}`,
    ])
  })

  test.each(forms)('a missing value in %s is refused if model.json says so', (_form, body, at) => {
    expect(problemsOf(() => decode(body(1, 2, null), one))).toEqual([
      `${at(2)}: expected a number, got null: model.json refuses a missing value`,
    ])
  })

  test('a missing value that a scoring client sends in columns, records or rows is read as NaN or refused', () => {
    const scoring = { isScoring: true }
    expect(values('{"inputs":{"a":[1],"b":[NaN],"c":[3]}}', one, scoring)).toEqual([[1, Number.NaN, 3]])
    expect(values('{"inputs":[[1,NaN,3]]}', one, scoring)).toEqual([[1, Number.NaN, 3]])
    expect(problemsOf(() => decode('{"inputs":{"a":[NaN],"b":[2],"c":[3]}}', one, scoring))).toEqual([
      `inputs.a[0]: expected a number, got null: ${UNPROVEN}`,
    ])
    expect(problemsOf(() => decode('{"inputs":[{"a":NaN,"b":2,"c":3}]}', one, scoring))).toEqual([
      `inputs[0].a: expected a number, got null: ${UNPROVEN}`,
    ])
  })

  test('a missing value is read as a NaN of the width of its column', () => {
    const model = columns(
      [
        { name: 'a', missing: 'nan' },
        { name: 'b', missing: 'nan' },
      ],
      'float16',
      'float64',
    )
    expect(values({ a: null, b: null }, model)).toEqual([[0x7e00], [Number.NaN]])
    expect(values({ inputs: { a: [[null]], b: [[null]] } }, model)).toEqual([[0x7e00], [Number.NaN]])
  })

  test('only null is a missing number in JSON, and not an empty text or the text NaN', () => {
    expect(problemsOf(() => decode({ a: '', b: 'NaN', c: 3 }, one))).toEqual([
      'a: expected a number, got ""',
      'b: expected a number, got "NaN"',
    ])
  })

  test('a missing value is refused in the tensors of a model without features', () => {
    const model = createView({ signature: { inputs: [spec('X', 'float32', [-1, 2, 2])], outputs: [] } })
    const body = {
      inputs: {
        X: [
          [
            [1, null],
            [3, 4],
          ],
        ],
      },
    }
    expect(problemsOf(() => decode(body, model))).toEqual(['inputs.X[0][0][1]: expected a number, got null'])
  })
})

describe('a missing value of a column that has no NaN', () => {
  test('a missing value is refused by default in a column of integers, strings or booleans', () => {
    const model = columns([{ name: 'n' }, { name: 's' }, { name: 'b' }], 'int64', 'string', 'bool')
    expect(problemsOf(() => decode({ n: null, s: null, b: null }, model))).toEqual([
      `n: expected an integer, got null: ${NO_VALUE}`,
      `s: expected a string, got null: ${NO_VALUE}`,
      `b: expected true or false, got null: ${NO_VALUE}`,
    ])
  })
})

test('a value in model.json replaces a missing value, in records and in tensors', () => {
  const features = [
    { name: 'n', missing: -1 },
    { name: 's', missing: '' },
    { name: 'b', missing: false },
    { name: 'f', missing: 0.5 },
  ]
  const model = columns(features, 'int64', 'string', 'bool', 'float32')
  expect(values({ n: null, s: null, b: null, f: null }, model)).toEqual([[-1n], [''], [0], [0.5]])
  const inputs = { n: [[null]], s: [[null]], b: [[null]], f: [[null]] }
  expect(values({ inputs }, model)).toEqual([[-1n], [''], [0], [0.5]])
})

test('the text "nan" in model.json replaces a missing string, because no string is NaN', () => {
  const model = columns([{ name: 's', missing: 'nan' }], 'string')
  expect(values({ s: null }, model)).toEqual([['nan']])
})
