import { describe, expect, test } from 'vitest'
import type { ModelView } from '../../../src/core/model-view.ts'
import { predictCodec } from '../../../src/protocols/predict/predict.ts'
import { problemsOf } from '../../support/errors.ts'
import { createView, spec, tableView } from '../../support/views.ts'

function decode(body: unknown, model: ModelView) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return predictCodec.decode({ bytes, isCsv: false }, model).inputs
}

function values(body: unknown, model: ModelView): unknown[][] {
  return Array.from(decode(body, model).values(), ({ data }) => Array.from<unknown>(data))
}

function columns(
  features: Parameters<typeof createView>[0]['features'],
  ...types: Parameters<typeof spec>[1][]
): ModelView {
  const inputs = types.map((type, index) => spec(features![index]!.name, type, [-1, 1]))
  return createView({ signature: { inputs, outputs: [] }, features })
}

describe('dates', () => {
  test.each([
    ['2024-02-29T12:30:00.000001Z', 1709209800.000001],
    ['2024-02-29T12:30:00.123456+01:00', 1709206200.123456],
    ['1969-12-31T23:59:59.75', -0.25],
  ])('a datetime keeps its parts of a second, to the microsecond, in a float64 column: %s', (at, seconds) => {
    expect(values({ d: at }, columns([{ name: 'd', type: 'datetime' }], 'float64'))).toEqual([[seconds]])
  })

  test.each(['2024-02-29T12:30:00.5Z', '2024-02-29T12:30:00.000000001Z'])(
    'a datetime with parts of a second is refused in a column of integers: %s',
    (at) => {
      const model = columns([{ name: 'd', type: 'datetime' }], 'int64')
      expect(problemsOf(() => decode({ d: at }, model))).toEqual([
        `d: expected a datetime such as "2024-02-29T12:30:00Z", of whole seconds, got "${at}"`,
      ])
      expect(values({ d: '2024-02-29T12:30:00.000Z' }, model)).toEqual([[1709209800n]])
    },
  )

  test('dates become days or seconds since 1970 in columns of numbers, and do not change in columns of texts', () => {
    const features = [
      { name: 'day', type: 'date' as const },
      { name: 'at', type: 'datetime' as const },
      { name: 'text', type: 'date' as const },
    ]
    const model = columns(features, 'float32', 'int64', 'string')
    expect(values({ day: '2024-02-29', at: '2024-02-29T12:30:00+02:00', text: '2024-02-29' }, model)).toEqual([
      [19782],
      [1709202600n],
      ['2024-02-29'],
    ])
  })

  test.each<[string, string, string]>([
    ['date', '2023-02-29', 'expected a date such as "2024-02-29", got "2023-02-29"'],
    ['date', '29.02.2024', 'expected a date such as "2024-02-29", got "29.02.2024"'],
    ['datetime', '2024-02-29T25:00', 'expected a datetime such as "2024-02-29T12:30:00Z", got "2024-02-29T25:00"'],
  ])('the invalid %s %j is refused', (type, value, problem) => {
    const model = columns([{ name: 'd', type: type as 'date' }], 'float64')
    expect(problemsOf(() => decode({ d: value }, model))).toEqual([`d: ${problem}`])
  })

  test('a model with a datetime feature is refused if the column cannot hold seconds exactly', () => {
    expect(() => columns([{ name: 'd', type: 'datetime' }], 'float32')).toThrow(
      'feature d is a datetime, and seconds do not fit into float32: export with float64',
    )
  })
})

describe('integers beyond 2^53', () => {
  const model = columns([{ name: 'n' }, { name: 'f' }, { name: 's' }], 'int64', 'float64', 'string')

  test('integers beyond 2^53 are exact as JSON numbers and as strings, and other values do not change', () => {
    const text = '{"n":9007199254740993,"f":12345678901234567890,"s":"id 9007199254740993, \\"1234567890123456\\""}'
    expect(values(text, model)).toEqual([
      [9007199254740993n],
      [Number(12345678901234567890n)],
      ['id 9007199254740993, "1234567890123456"'],
    ])
    expect(values({ n: '-9223372036854775808', f: 1, s: '' }, model)).toEqual([[-(2n ** 63n)], [1], ['']])
  })

  test.each([
    [
      '9223372036854775808',
      /expected int64, an integer from -9223372036854775808 to 9223372036854775807, got 9223372036854775808/,
    ],
    ['9007199254740993.5', /got 9007199254740993\.5/],
    ['1e30', /not exact as a JSON number/],
  ])('the number %s is refused in an int64 column', (literal, problem) => {
    expect(problemsOf(() => decode(`{"n":${literal},"f":1,"s":""}`, model))[0]).toMatch(problem)
  })

  test('invalid JSON with long numbers is refused as invalid JSON', () => {
    expect(problemsOf(() => decode('{"n":9007199254740993,}', model))[0]).toMatch(/not valid JSON/)
  })
})

describe("MLflow's forms", () => {
  const expected = [[1, 2, 3, 4, 5, 6]]

  test('dataframe_split may name its columns in any order', () => {
    const body = {
      dataframe_split: {
        columns: ['c', 'a', 'b'],
        index: [0, 1],
        data: [
          [3, 1, 2],
          [6, 4, 5],
        ],
      },
    }
    expect(values(body, tableView())).toEqual(expected)
  })

  test('dataframe_records is a list of records', () => {
    expect(
      values(
        {
          dataframe_records: [
            { a: 1, c: 3, b: 2 },
            { c: 6, b: 5, a: 4 },
          ],
        },
        tableView(),
      ),
    ).toEqual(expected)
  })

  test.each<[string, unknown, string]>([
    ['without data', { columns: ['a', 'b', 'c'] }, 'dataframe_split.data: expected an array of rows, got undefined'],
    [
      'without rows',
      { columns: ['a', 'b', 'c'], data: [] },
      'dataframe_split.data: the batch is empty: expected at least one row',
    ],
    [
      'with another key',
      { columns: [], data: [], name: 'x' },
      'dataframe_split.name: is not expected beside "columns" and "data"',
    ],
    ['without a column', { columns: ['a', 'b'], data: [[1, 2]] }, 'dataframe_split.columns: the column "c" is missing'],
    [
      'with a short row',
      { columns: ['a', 'b', 'c'], data: [[1, 2]] },
      'dataframe_split.data[0]: expected 3 values (a, b, c), got 2',
    ],
    [
      'with a wrong value',
      { columns: ['c', 'b', 'a'], data: [[1, 2, 'x']] },
      'dataframe_split.data[0][2]: a: expected a number, got "x"',
    ],
    ['that is no object', 7, 'dataframe_split: expected "columns" and "data", got 7'],
  ])('dataframe_split %s is refused', (_case, split, problem) => {
    expect(problemsOf(() => decode({ dataframe_split: split }, tableView()))[0]).toBe(problem)
  })

  test('duplicate keys in dataframe_split are refused', () => {
    const text = '{"dataframe_split":{"columns":["a","b","c"],"data":[[1,2,3]],"data":[[4,5,6]]}}'
    expect(problemsOf(() => decode(text, tableView()))).toEqual(['dataframe_split.data: is given twice'])
  })
})

test('unknown features are refused unless model.json says to ignore them', () => {
  const record = { a: 1, b: 2, c: 3, d: 4 }
  expect(problemsOf(() => decode(record, tableView()))).toEqual(['d: is no feature of this model'])
  expect(values(record, tableView({ ignoresUnknown: true }))).toEqual([[1, 2, 3]])
  const split = { dataframe_split: { columns: ['a', 'x', 'b', 'c'], data: [[1, 9, 2, 3]] } }
  expect(values(split, tableView({ ignoresUnknown: true }))).toEqual([[1, 2, 3]])
  const twice = '{"a":1,"b":2,"c":3,"d":4,"d":5}'
  expect(problemsOf(() => decode(twice, tableView({ ignoresUnknown: true })))).toEqual(['d: is given twice'])
})

test('?top= is accepted by classifiers as a number from 1, and refused by other models', () => {
  const bytes = Buffer.from('{"a":1,"b":2,"c":3}')
  const classifier = tableView({
    task: { kind: 'classifier', label: 'l', probabilities: 'p', scores: 'probabilities' },
  })
  expect(predictCodec.decode({ bytes, isCsv: false, top: '3' }, classifier).top).toBe(3)
  for (const top of ['0', '-1', 'all', '1.5', '']) {
    expect(problemsOf(() => predictCodec.decode({ bytes, isCsv: false, top }, classifier))).toEqual([
      `top: expected how many classes to answer, from 1, got "${top}"`,
    ])
  }
  expect(problemsOf(() => predictCodec.decode({ bytes, isCsv: false, top: '3' }, tableView()))).toEqual([
    'top: this model is no classifier: leave it out',
  ])
})

test('the error for a tensor of the wrong shape shows the names of the free dimensions', () => {
  const x = { ...spec('x', 'float32', [-1, -1, 2]), freeNames: ['batch', 'length', undefined] }
  const model = createView({ signature: { inputs: [x], outputs: [] } })
  expect(problemsOf(() => decode({ inputs: { x: [[1, 2]] } }, model))).toEqual([
    'inputs.x: expected shape [batch,length,2], got [1,2]',
  ])
})
