import { describe, expect, test } from 'vitest'
import type { DataType } from '../../../src/core/datatypes.ts'
import type { ModelView } from '../../../src/core/model-view.ts'
import type { ModelJson } from '../../../src/models/files/model-json.ts'
import { exampleRecords } from '../../../src/protocols/predict/example-body.ts'
import { predictCodec } from '../../../src/protocols/predict/predict.ts'
import { v1Codec } from '../../../src/protocols/v1/v1.ts'
import { v2Codec } from '../../../src/protocols/v2/v2.ts'
import { problemsOf } from '../../support/errors.ts'
import { createView, spec } from '../../support/views.ts'
import { textOf } from '../../support/answers.ts'
import { doSteps } from '../../../src/core/steps.ts'

type Features = NonNullable<ModelJson['features']>

/** A model with an input for each column. */
function viewOf(features: Features, types: readonly DataType[], outOfRange?: ModelJson['outOfRange']): ModelView {
  const inputs = features.map(({ name }, index) => spec(name, types[index]!, [-1, 1]))
  return createView({ signature: { inputs, outputs: [spec('y', 'float32', [-1, 1])] }, features, outOfRange })
}

const PEOPLE: Features = [
  { name: 'age', minimum: 0, maximum: 120 },
  { name: 'visits', minimum: 1 },
  { name: 'city', values: ['Bonn', 'Rome'] },
]
const people = viewOf(PEOPLE, ['float32', 'int64', 'string'])

function decode(body: unknown, model: ModelView = people) {
  return predictCodec.decode({ bytes: Buffer.from(JSON.stringify(body)), isCsv: false }, model)
}

const warningsOf = (body: unknown, model: ModelView = people) => decode(body, model).warnings

describe('a value that is not usual', () => {
  test('the warning for an unusual value names its row, what is expected and what came', () => {
    expect(warningsOf({ age: 130.5, visits: 0, city: 'Oslo' })).toEqual([
      'age: expected from 0 to 120, got 130.5',
      'visits: expected at least 1, got 0',
      'city: expected one of "Bonn", "Rome", got "Oslo"',
    ])
    const rows = [
      { age: 1, visits: 1, city: 'Bonn' },
      { age: -1, visits: 2, city: 'Rome' },
    ]
    expect(warningsOf({ instances: rows })).toEqual(['rows[1].age: expected from 0 to 120, got -1'])
    expect(warningsOf({ instances: [rows[0]] })).toBeUndefined()
  })

  test('warnings list at most ten unusual values, and say how many more there are', () => {
    const warnings = warningsOf(Array.from({ length: 30 }, () => [500, 1, 'Bonn']))!
    expect(warnings).toHaveLength(11)
    expect(warnings.at(-1)).toBe('20 more values are out of range')
  })

  test('an unusual value is refused or ignored if model.json says so, for all features or for one', () => {
    const body = { age: 130, visits: 0, city: 'Rome' }
    const refusing = viewOf(PEOPLE, ['float32', 'int64', 'string'], 'refuse')
    expect(problemsOf(() => decode(body, refusing))).toEqual([
      'age: expected from 0 to 120, got 130',
      'visits: expected at least 1, got 0',
    ])
    expect(warningsOf(body, viewOf(PEOPLE, ['float32', 'int64', 'string'], 'ignore'))).toBeUndefined()
    const [age, ...others] = PEOPLE
    const mixed = viewOf([{ ...age!, outOfRange: 'ignore' }, ...others], ['float32', 'int64', 'string'], 'refuse')
    expect(problemsOf(() => decode(body, mixed))).toEqual(['visits: expected at least 1, got 0'])
    const loud = viewOf([{ ...age!, outOfRange: 'warn' }, ...others], ['float32', 'int64', 'string'], 'ignore')
    expect(warningsOf(body, loud)).toEqual(['age: expected from 0 to 120, got 130'])
  })

  test.each<[string, unknown]>([
    ['CSV', 'age,visits,city\n130,1,Rome\n'],
    ['tensors by name', { inputs: { age: [[130]], visits: [[1]], city: [['Rome']] } }],
    ['dataframe_split', { dataframe_split: { columns: ['age', 'visits', 'city'], data: [[130, 1, 'Rome']] } }],
  ])('an unusual value is found in %s', (_case, body) => {
    const isCsv = typeof body === 'string'
    const bytes = Buffer.from(isCsv ? body : JSON.stringify(body))
    expect(predictCodec.decode({ bytes, isCsv }, people).warnings).toEqual(['age: expected from 0 to 120, got 130'])
  })

  test('an unusual value is found in V2 tensors, and reported in a parameter of the answer', () => {
    const inputs = [
      { name: 'age', shape: [1, 1], datatype: 'FP32', data: [130] },
      { name: 'visits', shape: [1, 1], datatype: 'INT64', data: [0] },
      { name: 'city', shape: [1, 1], datatype: 'BYTES', data: ['Rome'] },
    ]
    const request = v2Codec.decode({ bytes: Buffer.from(JSON.stringify({ inputs })) }, people)
    const outputs = new Map([['y', { dataType: 'float32', shape: [1, 1], data: Float32Array.of(1) } as const]])
    const timings = { queueMs: 0, computeMs: 0, batchSize: 1 }
    expect(JSON.parse([...doSteps(v2Codec.encode({ outputs, timings }, request, people)).json].join(''))).toMatchObject(
      {
        parameters: { warnings: 'age: expected from 0 to 120, got 130; visits: expected at least 1, got 0' },
      },
    )
  })

  test('the warning for an unusual value follows the predictions in JSON answers of predict and V1', () => {
    const outputs = new Map([['y', { dataType: 'float32', shape: [1, 1], data: Float32Array.of(1) } as const]])
    const result = { outputs, timings: { queueMs: 0, computeMs: 0, batchSize: 1 } }
    const warnings = ['age: expected from 0 to 120, got 130']
    const request = decode({ age: 130, visits: 1, city: 'Rome' })
    expect(JSON.parse(textOf(predictCodec.encode(result, request, people)))).toEqual({
      model: 'm',
      version: '1',
      predictions: [{ y: 1 }],
      warnings,
    })
    const v1 = { format: 'json', csvHeader: undefined, accepts: ['json'], isScoring: false } as const
    const bytes = Buffer.from(JSON.stringify({ instances: [[130, 1, 'Rome']] }))
    const scored = v1Codec.decode({ ...v1, bytes }, people)
    expect(JSON.parse(textOf(v1Codec.encode(result, scored, people)))).toEqual({ predictions: [{ y: 1 }], warnings })
  })
})

describe('a range', () => {
  test.each<[DataType, Features[number], unknown, boolean]>([
    ['float32', { name: 'x', maximum: 0.1 }, 0.1, true],
    ['float32', { name: 'x', minimum: 0.1, maximum: 0.3 }, 0.3, true],
    ['float64', { name: 'x', maximum: 0.1 }, 0.10000000000000002, false],
    ['float16', { name: 'x', maximum: 0.1 }, 0.1, true],
    ['float16', { name: 'x', maximum: 0.1 }, 0.2, false],
    ['float32', { name: 'x', values: [0.1, 0.2] }, 0.2, true],
    ['float32', { name: 'x', values: [0.1, 0.2] }, 0.3, false],
    ['int32', { name: 'x', values: [1, '2'] }, 2, true],
    ['int64', { name: 'x', values: [1, 2] }, 2, true],
    ['int64', { name: 'x', values: [1, 2] }, 3, false],
    ['int64', { name: 'x', maximum: 9007199254740993n }, '9007199254740993', true],
    ['int64', { name: 'x', maximum: 9007199254740993n }, '9007199254740994', false],
    ['int64', { name: 'x', minimum: 0.5 }, 1, true],
    ['uint8', { name: 'x', minimum: 3 }, 2, false],
    ['float32', { name: 'x', minimum: 0, missing: -1 }, null, true],
    ['string', { name: 'x', values: ['a'], missing: '?' }, null, true],
    ['string', { name: 'x', values: ['a'] }, 'A', false],
    ['float64', { name: 'x', type: 'date', values: ['2024-02-29'] }, '2024-02-29', true],
    ['float64', { name: 'x', type: 'date', values: ['2024-02-29'] }, '2024-02-28', false],
    ['string', { name: 'x', type: 'date', values: ['2024-02-29'] }, '2024-02-29', true],
  ])('the range of a feature of %s, %o, holds the value %s: %s', (dataType, feature, value, isInside) => {
    expect(warningsOf({ x: value }, viewOf([feature], [dataType])) === undefined).toBe(isInside)
  })

  test('a range gives no warning for NaN, which V2 can carry', () => {
    const model = viewOf([{ name: 'x', minimum: 0, values: [1] }], ['float32'])
    const input = { name: 'x', shape: [1, 1], datatype: 'FP32', parameters: { binary_data_size: 4 } }
    const head = Buffer.from(JSON.stringify({ inputs: [input] }))
    const bytes = Buffer.concat([head, Buffer.from(Float32Array.of(Number.NaN).buffer)])
    expect(v2Codec.decode({ bytes, jsonBytes: head.length }, model).warnings).toBeUndefined()
  })

  test.each<[Features[number], DataType, string]>([
    [{ name: 'x', minimum: 2, maximum: 1 }, 'float32', 'the minimum of feature x, 2, is above its maximum, 1'],
    [
      { name: 'x', minimum: 2 },
      'string',
      '"minimum" of feature x: its column holds strings: list the usual strings in "values"',
    ],
    [{ name: 'x', values: ['many'] }, 'float32', '"values" of feature x: expected a number, got "many"'],
    [{ name: 'x', values: [1.5] }, 'int64', '"values" of feature x: expected an integer, got "1.5"'],
  ])('a model does not load if the range of a feature makes no sense: %o', (feature, dataType, text) => {
    expect(() => viewOf([feature], [dataType])).toThrow(`model.json: ${text}`)
  })

  test('the documented example is within the ranges of its features', () => {
    const features: Features = [
      { name: 'a', minimum: 18 },
      { name: 'b', maximum: -3 },
      { name: 'c', values: ['x', 'y'] },
      { name: 'd', minimum: 0.5, type: 'integer' },
      { name: 'e', values: [3, 4] },
    ]
    const model = viewOf(features, ['float32', 'float32', 'string', 'float32', 'int64'], 'refuse')
    expect(decode(exampleRecords(model), model).warnings).toBeUndefined()
  })
})
