import { describe, expect, test } from 'vitest'
import type { ModelView } from '../../src/core/model-view.ts'
import { predictCodec } from '../../src/protocols/predict/predict.ts'
import { csvRow } from '../../src/protocols/predict/row-text.ts'
import { v1Codec } from '../../src/protocols/v1/v1.ts'
import { v2Codec } from '../../src/protocols/v2/v2.ts'
import { problemsOf } from '../support/errors.ts'
import { createView, spec, tableView } from '../support/views.ts'

const table = tableView()

const bytesOf = (body: unknown): Buffer => Buffer.from(JSON.stringify(body))

function problemsOfPredict(body: unknown, model: ModelView = table): string[] {
  return problemsOf(() => predictCodec.decode({ bytes: bytesOf(body), isCsv: false }, model))
}

function problemsOfScoring(body: unknown): string[] {
  const given = { format: 'json', csvHeader: undefined, accepts: ['json'], isScoring: true } as const
  return problemsOf(() => v1Codec.decode({ bytes: bytesOf(body), ...given }, table))
}

function problemsOfV2(body: object): string[] {
  const inputs = [{ name: 'X', shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] }]
  const bytes = Buffer.from(JSON.stringify({ inputs, ...body }))
  return problemsOf(() => v2Codec.decode({ bytes }, table))
}

describe('columns by name', () => {
  test('columns by name are refused if one is shorter than the first one', () => {
    expect(problemsOfScoring({ inputs: { a: [1, 2], b: [1], c: [1, 2] } })).toEqual([
      'inputs.b: expected 2 values as in the first column, got 1',
    ])
  })

  test('a column name that is no text is refused', () => {
    const split = { columns: ['a', 'b', 'c', null], data: [[1, 2, 3, 4]] }
    expect(problemsOfPredict({ dataframe_split: split })).toContain(
      'dataframe_split.columns[3]: null is no feature of this model',
    )
  })
})

test('a CSV cell of a date or of a time is read as an ISO text', () => {
  const model = createView({
    signature: {
      inputs: [spec('day', 'float64', [-1, 1]), spec('at', 'float64', [-1, 1])],
      outputs: [spec('y', 'float32', [-1, 1])],
    },
    features: [
      { name: 'day', type: 'date' },
      { name: 'at', type: 'datetime' },
    ],
  })
  const bytes = Buffer.from('day,at\n1970-01-03,1970-01-01T00:00:01Z\n')
  const { inputs } = predictCodec.decode({ bytes, isCsv: true }, model)
  const [day, at] = Array.from(inputs.values(), ({ data }) => Number(data[0]))
  expect(day).toBe(2)
  expect(at).toBeGreaterThan(0)
})

test('?top= is refused by a classifier without labels whose numbers are no probabilities', () => {
  const model = tableView({
    task: { kind: 'classifier', label: undefined, probabilities: 'y', scores: 'scores' } as ModelView['task'],
  })
  const decode = () => predictCodec.decode({ bytes: Buffer.from('[[1,2,3]]'), isCsv: false, top: '1' }, model)
  expect(problemsOf(decode)).toEqual([expect.stringContaining('top: the numbers of this model are no likelihoods')])
})

describe('a V2 request', () => {
  test('a V2 request is refused if binary_data of an output is not true or false', () => {
    expect(problemsOfV2({ outputs: [{ name: 'y', parameters: { binary_data: 'yes' } }] })).toEqual([
      'outputs[0].parameters.binary_data: expected true or false, got "yes"',
    ])
  })

  test('a V2 request is refused if binary_data_output is not true or false', () => {
    expect(problemsOfV2({ parameters: { binary_data_output: 'yes' } })).toEqual([
      'parameters.binary_data_output: expected true or false, got "yes"',
    ])
  })

  test('a V2 request is refused if classification of an output is no number of classes', () => {
    expect(problemsOfV2({ outputs: [{ name: 'y', parameters: { classification: -1 } }] })).toEqual([
      expect.stringMatching(/^outputs\[0\]\.parameters\.classification: .*got -1$/),
    ])
  })

  test('a V2 request with a negative priority is refused', () => {
    expect(problemsOfV2({ parameters: { priority: -1 } })).toEqual([
      'parameters.priority: expected an integer from 0, got -1',
    ])
  })

  test('a raw V2 request is refused if the input of the model has two free dimensions', () => {
    const pair = createView({
      signature: { inputs: [spec('x', 'float32', [-1, -1])], outputs: [spec('y', 'float32', [-1, 1])] },
    })
    expect(problemsOf(() => v2Codec.decode({ bytes: Buffer.alloc(8), jsonBytes: 0 }, pair))).toEqual([
      'x: a raw request cannot tell the shape [any,any]: describe it in JSON',
    ])
  })
})

test('a CSV answer of an output with named columns has only the column that is called label', () => {
  const keys = { texts: ['"x":', '"label":'], maxBytes: 12 }
  const { fields } = csvRow({ shape: [2], keys, text: (row, column) => `${row}.${column}`, maxBytes: 6 })
  expect(fields.map(({ count, text }) => [count, text(3, 0)])).toEqual([[1, '3.1']])
})
