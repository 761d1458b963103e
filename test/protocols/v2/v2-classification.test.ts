import { describe, expect, test } from 'vitest'
import type { DataType, TensorData } from '../../../src/core/datatypes.ts'
import { v2Codec } from '../../../src/protocols/v2/v2.ts'
import { problemsOf } from '../../support/errors.ts'
import { createView, spec } from '../../support/views.ts'
import { doSteps } from '../../../src/core/steps.ts'

const X = { name: 'x', shape: [1, 1], datatype: 'FP32', data: [1] }

interface Case {
  readonly dataType?: DataType
  readonly declared: readonly number[]
  readonly shape: readonly number[]
  readonly data: TensorData
  readonly classes?: number
  readonly labels?: readonly string[]
}

/** What is answered where classes of an output are asked for. */
function classified({ dataType = 'float64', declared, shape, data, classes = 2, labels = [] }: Case): unknown {
  const view = createView({
    signature: { inputs: [spec('x', 'float32', [-1, 1])], outputs: [spec('y', dataType, declared)] },
    labels,
  })
  const body = { inputs: [X], outputs: [{ name: 'y', parameters: { classification: classes } }] }
  const request = v2Codec.decode({ bytes: Buffer.from(JSON.stringify(body)) }, view)
  const timings = { queueMs: 0, computeMs: 0, batchSize: 1 }
  const outputs = new Map([['y', { dataType, shape, data }]])
  const json = doSteps(v2Codec.encode({ outputs, timings }, request, view)).json
  const [{ shape: answered, datatype, data: elements }] = JSON.parse([...json].join('')).outputs
  expect(datatype).toBe('BYTES')
  return { shape: answered, data: elements }
}

describe('V2 rule 16: classification', () => {
  test('a V2 classification answers the likeliest classes of each row, with their labels', () => {
    const data = Float64Array.of(0.1, 0.7, 0.2, 3, 1, 3)
    expect(classified({ declared: [-1, 3], shape: [2, 3], data, labels: ['a', 'b', 'c'] })).toEqual({
      shape: [2, 2],
      data: ['0.700000:1:b', '0.200000:2:c', '3.000000:0:a', '3.000000:2:c'],
    })
  })

  test('a V2 classification has no batch if the first axis of the output is fixed', () => {
    const data = Float64Array.of(0.1, 0.7, 0.2)
    expect(classified({ declared: [3], shape: [3], data, labels: ['a', 'b', 'c'] })).toEqual({
      shape: [2],
      data: ['0.700000:1:b', '0.200000:2:c'],
    })
    expect(classified({ declared: [3], shape: [3], data, classes: 9 })).toMatchObject({ shape: [3] })
  })

  test('a V2 classification reads one number per row as the only class of that row', () => {
    const data = Float64Array.of(0.1, 0.7, 0.2)
    expect(classified({ declared: [-1], shape: [3], data, classes: 3, labels: ['a', 'b', 'c'] })).toEqual({
      shape: [3, 1],
      data: ['0.100000:0', '0.700000:0', '0.200000:0'],
    })
  })

  // As `printf("%f")` of glibc writes them.
  test.each<[number, string]>([
    [1e21, '1000000000000000000000.000000'],
    [1e30, '1000000000000000019884624838656.000000'],
    [-1e22, '-10000000000000000000000.000000'],
    [Number.NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [-0, '-0.000000'],
    [-1e-9, '-0.000000'],
    [0.0078125, '0.007812'],
    [0.0234375, '0.023438'],
    [-2.0078125, '-2.007812'],
    [0.1 + 0.2, '0.300000'],
    [123456789.98765433, '123456789.987654'],
  ])('a V2 classification writes %s as printf does: %s', (value, text) => {
    expect(classified({ declared: [-1, 1], shape: [1, 1], data: Float64Array.of(value) })).toEqual({
      shape: [1, 1],
      data: [`${text}:0`],
    })
  })

  test('a V2 classification puts NaN behind all numbers', () => {
    const data = Float64Array.of(Number.NaN, -Infinity, 1, Number.NaN, 2)
    expect(classified({ declared: [-1, 5], shape: [1, 5], data, classes: 3 })).toMatchObject({
      data: ['2.000000:4', '1.000000:2', 'nan:0'],
    })
  })

  test('a V2 classification reads half precision, and writes integers exactly, as integers', () => {
    const half = Uint16Array.of(0x3c00, 0x4000)
    expect(classified({ dataType: 'float16', declared: [-1, 2], shape: [1, 2], data: half })).toMatchObject({
      data: ['2.000000:1', '1.000000:0'],
    })
    const long = BigInt64Array.of(2n ** 53n, -5n, 2n ** 53n + 1n)
    expect(classified({ dataType: 'int64', declared: [-1, 3], shape: [1, 3], data: long, classes: 3 })).toMatchObject({
      data: ['9007199254740993:2', '9007199254740992:0', '-5:1'],
    })
    const small = { declared: [-1, 2], shape: [1, 2], classes: 2 }
    expect(classified({ ...small, dataType: 'uint8', data: Uint8Array.of(3, 250) })).toMatchObject({
      data: ['250:1', '3:0'],
    })
    expect(classified({ ...small, dataType: 'bool', data: Uint8Array.of(0, 1) })).toMatchObject({
      data: ['1:1', '0:0'],
    })
  })

  test('a V2 classification of an output without classes is refused', () => {
    expect(problemsOf(() => classified({ dataType: 'string', declared: [-1], shape: [1], data: ['a'] }))).toEqual([
      'outputs: classification is for outputs of numbers, [classes] or [rows, classes]',
    ])
  })
})
