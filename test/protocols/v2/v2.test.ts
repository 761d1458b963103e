import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NanPolicy } from '../../../src/core/nan-policy.ts'
import type { DataType } from '../../../src/core/datatypes.ts'
import type { ModelView } from '../../../src/core/model-view.ts'
import type { Tensor } from '../../../src/core/tensor.ts'
import { v2Codec } from '../../../src/protocols/v2/v2.ts'
import type { V2Request } from '../../../src/protocols/v2/v2-request.ts'
import { fromBytes, toBytes } from '../../../src/protocols/v2/v2-binary-data.ts'
import { fromJson } from '../../../src/protocols/v2/v2-json-data.ts'
import { V2_NAMES } from '../../../src/protocols/v2/v2-tensors.ts'
import { parseJson } from '../../../src/json/parse-json.ts'
import { problemsOf } from '../../support/errors.ts'
import { anyTensor } from '../../support/tensors.ts'
import { createView, spec } from '../../support/views.ts'
import { flatJson } from '../../support/answers.ts'
import { doSteps } from '../../../src/core/steps.ts'

const model = createView({
  signature: {
    inputs: [spec('x', 'float32', [-1, 2]), spec('s', 'string', [-1, 1])],
    outputs: [spec('y', 'float32', [-1, 3]), spec('h', 'float16', [-1])],
  },
  labels: ['a', 'b', 'c'],
})
const one = createView({
  signature: { inputs: [spec('x', 'float32', [-1, 2])], outputs: [spec('y', 'float32', [-1, 3])] },
})

const X = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }
const S = { name: 's', shape: [1, 1], datatype: 'BYTES', data: ['é'] }

function decode(body: unknown, binary: Uint8Array = new Uint8Array(), view: ModelView = model): V2Request {
  const json = Buffer.from(JSON.stringify(body))
  const jsonBytes = binary.length > 0 ? json.length : undefined
  return v2Codec.decode({ bytes: Buffer.concat([json, binary]), jsonBytes }, view)
}

function encode(request: V2Request, outputs: Record<string, Tensor>, view: ModelView = model) {
  const timings = { queueMs: 0, computeMs: 0, batchSize: 1 }
  const result = { outputs: new Map(Object.entries(outputs)), timings }
  const { json, binary } = doSteps(v2Codec.encode(result, request, view))
  return {
    body: JSON.parse([...json].join('')) as { outputs: object[] },
    binary: binary.map((bytes) => Buffer.from(bytes)),
  }
}

describe('V2 tensors', () => {
  test('V2 tensors do not change in binary data, for every datatype and shape', () => {
    fc.assert(
      fc.property(anyTensor, (tensor) => {
        expect(fromBytes(Buffer.from(doSteps(toBytes(tensor))), { ...tensor, path: 'x' })).toEqual(tensor)
      }),
    )
  })

  test('V2 tensors do not change in JSON, flat or nested, for every datatype except FP16', () => {
    fc.assert(
      fc.property(
        anyTensor.filter(({ dataType }) => dataType !== 'float16'),
        fc.boolean(),
        (tensor, isNested) => {
          const flat = parseJson(flatJson(tensor, one), { keepsIntegers: true }) as unknown[]
          const data = isNested ? [flat.slice(0, 1), [[flat.slice(1)]]] : flat
          expect(fromJson(data, { ...tensor, path: 'x' })).toEqual(tensor)
        },
      ),
    )
  })

  test('V2 tensors from binary data are aligned copies of the bytes, so they can be moved', () => {
    const bytes = Buffer.concat([Buffer.from([0]), Buffer.from(Float64Array.of(1.5).buffer)]).subarray(1)
    const { data } = fromBytes(bytes, { dataType: 'float64', shape: [1], path: 'x' })
    bytes.fill(0)
    expect(data).toEqual(Float64Array.of(1.5))
  })

  test.each<[DataType, number[], Buffer, string]>([
    ['float32', [2], Buffer.alloc(7), 'x: shape [2] takes 8 bytes, got 7'],
    [
      'int64',
      [2 ** 31, 2 ** 20],
      Buffer.alloc(8),
      'x: shape [2147483648,1048576] takes 18014398509481984 bytes, got 8',
    ],
    ['bool', [2], Buffer.from([1, 2]), 'x[1]: expected a byte of 0 or 1, got 2'],
    ['string', [1], Buffer.from([9, 0, 0, 0, 65]), 'x[0]: the string is longer than the bytes that are left'],
    ['string', [1], Buffer.from([0, 0, 0, 0, 65]), 'x: 1 bytes are left over behind 1 strings'],
    ['string', [2 ** 31], Buffer.alloc(8), 'x: 2147483648 strings take more than 8 bytes'],
    ['string', [1], Buffer.from([1, 0, 0, 0, 255]), 'x[0]: the string is not valid UTF-8'],
    ['string', [1], Buffer.from([1, 0, 0, 0, 0]), 'x[0]: expected a string without the character U+0000'],
  ])('a V2 tensor of %s %j is refused if its bytes do not fit', (dataType, shape, bytes, problem) => {
    expect(problemsOf(() => fromBytes(bytes, { dataType, shape, path: 'x' }))).toEqual([problem])
  })

  test.each<[DataType, number[], unknown, string]>([
    ['float32', [2], [1], 'x.data: shape [2] takes 2 elements, got 1'],
    ['float32', [1], [[[1, 2]]], 'x.data: shape [1] takes 1 elements, got 2'],
    ['float32', [1], 1, 'x.data: expected an array, got 1'],
    ['float32', [2 ** 31], [1], 'x.data: shape [2147483648] takes 2147483648 elements, got 1'],
    ['uint8', [1], [300], 'x.data[0]: expected uint8, an integer from 0 to 255, got 300'],
    ['int32', [1], [1.5], 'x.data[0]: expected an integer, got 1.5'],
    ['bool', [3], [true, false, 1], 'x.data[2]: expected true or false, got 1'],
    ['bool', [3], [true], 'x.data: shape [3] takes 3 elements, got 1'],
    ['float16', [1], [1], 'x.data: FP16 has no form in JSON: send it as binary data'],
    ['float32', [1], JSON.parse(`${'['.repeat(200)}1${']'.repeat(200)}`), 'x.data: expected at most 100 nested arrays'],
  ])('a V2 tensor of %s %j is refused if its JSON does not fit', (dataType, shape, data, problem) => {
    expect(problemsOf(() => fromJson(data, { dataType, shape, path: 'x' }))).toEqual([problem])
  })

  test.each<[DataType, NanPolicy, unknown, string]>([
    ['float32', 'null', 'NaN', 'expected a number, got "NaN"'],
    ['float32', 'null', 1e39, 'expected a number that float32 can hold, got 1e+39'],
    ['float64', 'string', null, 'expected a number, got null'],
    ['float64', 'string', 'nan', 'expected a number, got "nan"'],
    ['float32', 'bare', 'NaN', 'expected a number, got "NaN"'],
    ['float32', 'bare', null, 'expected a number, got null'],
    ['float32', 'bare', { Infinity: 0, NaN: 0 }, 'expected a number, got an object'],
    ['int32', 'null', null, 'expected an integer, got null'],
    ['int32', 'bare', { NaN: 0 }, 'expected an integer, got NaN'],
    ['string', 'bare', { NaN: 0 }, 'expected a string, got NaN'],
    ['bool', 'string', 'NaN', 'expected true or false, got "NaN"'],
  ])('a V2 tensor of %s, where NaN is written as %s, refuses the element %j', (dataType, jsonNan, value, problem) => {
    expect(problemsOf(() => fromJson([value], { dataType, shape: [1], path: 'x' }, jsonNan))).toEqual([
      `x.data[0]: ${problem}`,
    ])
  })
})

describe('a V2 request', () => {
  test('a V2 request carries its inputs as JSON', () => {
    const { inputs, id, outputs } = decode({ id: 'me', inputs: [S, X] })
    expect(inputs.get('x')).toEqual({ dataType: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) })
    expect(inputs.get('s')!.data).toEqual(['é'])
    expect({ id, outputs }).toEqual({ id: 'me', outputs: undefined })
  })

  test('a V2 request carries its inputs as bytes, one after the other, also beside inputs in JSON', () => {
    const x = { ...X, data: undefined, parameters: { binary_data_size: 8 } }
    const s = { ...S, data: undefined, parameters: { binary_data_size: 6 } }
    const binary = Buffer.concat([
      Buffer.from(Float32Array.of(3, 4).buffer),
      Buffer.from([2, 0, 0, 0]),
      Buffer.from('é'),
    ])
    const { inputs } = decode({ inputs: [x, s] }, binary)
    expect(inputs.get('x')!.data).toEqual(Float32Array.of(3, 4))
    expect(inputs.get('s')!.data).toEqual(['é'])
    const mixed = decode({ inputs: [x, S] }, binary.subarray(0, 8)).inputs
    expect(mixed.get('s')!.data).toEqual(['é'])
  })

  test('a V2 request of only bytes is one input, and their number decides its free dimension', () => {
    const { inputs, requested } = v2Codec.decode(
      { bytes: Buffer.from(Float32Array.of(1, 2, 3, 4).buffer), jsonBytes: 0 },
      one,
    )
    expect(inputs.get('x')).toEqual({ dataType: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) })
    expect(requested).toMatchObject([{ name: 'y', isBinary: true }])
    const raw = (bytes: Buffer, view: ModelView) => problemsOf(() => v2Codec.decode({ bytes, jsonBytes: 0 }, view))
    expect(raw(Buffer.alloc(9), one)).toEqual(['x: shape [any,2] takes a multiple of 8 bytes, got 9'])
    expect(raw(Buffer.alloc(8), model)).toEqual([
      ': a raw request is for models of one input; describe several in JSON',
    ])
  })

  test.each<[DataType, string, string | undefined]>([
    ['int64', '9007199254740991.4', 'expected an integer, got 9007199254740991.4'],
    ['int32', '2147483647.0000001', 'expected an integer, got 2147483647.0000001'],
    ['uint8', '1.0000000000000000001', 'expected an integer, got 1.0000000000000000001'],
    ['uint8', '1e-400', 'expected an integer, got 1e-400'],
    ['int32', '10e-1', undefined],
    ['int32', '1.0', undefined],
    ['float32', '1.0000000000000000001', undefined],
  ])('all digits of a number in a V2 request decide if it is accepted as %s: %s', (dataType, text, problem) => {
    const inputs = [spec('x', dataType, [1]), spec('i', 'int8', [1])]
    const view = createView({ signature: { inputs, outputs: [spec('y', 'float32', [1])] } })
    const given = (name: string, data: string): string =>
      `{"name":"${name}","shape":[1],"datatype":"${V2_NAMES[name === 'x' ? dataType : 'int8']}","data":[${data}]}`
    const bytes = Buffer.from(`{"inputs":[${given('x', text)},${given('i', '1')}]}`)
    const read = () => v2Codec.decode({ bytes }, view)
    if (problem === undefined) expect(Number(read().inputs.get('x')!.data[0])).toBe(1)
    else expect(problemsOf(read)).toEqual([`inputs[0].data[0]: ${problem}`])
  })

  test('a V2 request may have no rows', () => {
    expect(decode({ inputs: [{ ...X, shape: [0, 2], data: [] }] }, undefined, one).inputs.get('x')!.shape).toEqual([
      0, 2,
    ])
  })

  test('a V2 request says how long it may wait, and how urgent it is', () => {
    expect(decode({ inputs: [X, S], parameters: { timeout: 5000, priority: 2 } })).toMatchObject({
      timeoutMs: 5,
      priority: 2,
    })
    expect(decode({ inputs: [X, S], parameters: { timeout: 0, priority: 0 } })).toMatchObject({
      timeoutMs: undefined,
      priority: undefined,
    })
  })

  test.each<[string, unknown, string]>([
    ['an array instead of an object', [], ': expected an object with "inputs", got an empty array'],
    ['no inputs', {}, 'inputs: expected an array of tensors, got undefined'],
    ['a missing input', { inputs: [X] }, 'inputs: input "s" is missing: expected BYTES [any,1]'],
    [
      'an unknown input',
      { inputs: [{ ...X, name: 'z' }] },
      'inputs[0].name: "z" is no input of this model; it has x, s',
    ],
    ['the same input twice', { inputs: [X, X] }, 'inputs[1].name: "x" is given twice'],
    ['a wrong datatype', { inputs: [{ ...X, datatype: 'FP64' }] }, 'inputs[0].datatype: expected "FP32", got "FP64"'],
    ['a wrong shape', { inputs: [{ ...X, shape: [2] }] }, 'inputs[0].shape: expected shape [any,2], got [2]'],
    ['a negative size', { inputs: [{ ...X, shape: [-1, 2] }] }, 'inputs[0].shape[0]: expected a size from 0, got -1'],
    ['a huge shape', { inputs: [{ ...X, shape: [2 ** 52, 2] }] }, 'inputs[0].shape: is larger than any tensor'],
    [
      'too many rows',
      { inputs: [{ ...X, shape: [101, 2], data: Array(202).fill(0) }, S] },
      'inputs[0].shape: expected at most 100 rows in one request, got 101',
    ],
    [
      'neither data nor bytes',
      { inputs: [{ ...X, data: undefined }] },
      'inputs[0]: expected either "data" or the parameter "binary_data_size"',
    ],
    [
      'both data and bytes',
      { inputs: [{ ...X, parameters: { binary_data_size: 8 } }] },
      'inputs[0]: expected either "data" or the parameter "binary_data_size"',
    ],
    [
      'shared memory for an input (V2 rule 6)',
      { inputs: [{ ...X, parameters: { shared_memory_region: 'r' } }] },
      'inputs[0].parameters.shared_memory_region: shared memory is not supported: leave it out',
    ],
    [
      'shared memory for an output (V2 rule 6)',
      {
        inputs: [X, S],
        outputs: [{ name: 'y', parameters: { shared_memory_region: 'r', shared_memory_byte_size: 8 } }],
      },
      'outputs[0].parameters.shared_memory_region: shared memory is not supported: leave it out',
    ],
    [
      'an input of more bytes than there are',
      { inputs: [{ ...X, data: undefined, parameters: { binary_data_size: 8 } }] },
      'inputs[0].parameters.binary_data_size: 0 bytes are left, got 8',
    ],
    [
      'an unknown output',
      { inputs: [X, S], outputs: [{ name: 'z' }] },
      'outputs[0].name: "z" is no output of this model; it has y, h',
    ],
    [
      'the same output twice',
      { inputs: [X, S], outputs: [{ name: 'y' }, { name: 'y' }] },
      'outputs[1].name: "y" is given twice',
    ],
    [
      'reserved parameters',
      { inputs: [X, S], parameters: { triton_x: 1 } },
      'parameters.triton_x: names that begin with triton_ are reserved',
    ],
    [
      'a word in binary_data_output',
      { inputs: [X, S], parameters: { binary_data_output: 'yes' } },
      'parameters.binary_data_output: expected true or false, got "yes"',
    ],
    [
      'a number in binary_data of an output',
      { inputs: [X, S], outputs: [{ name: 'y', parameters: { binary_data: 1 } }] },
      'outputs[0].parameters.binary_data: expected true or false, got 1',
    ],
    [
      'a word as its timeout',
      { inputs: [X, S], parameters: { timeout: 'soon' } },
      'parameters.timeout: expected microseconds, got "soon"',
    ],
  ])('a V2 request with %s is refused', (_case, body, problem) => {
    expect(problemsOf(() => decode(body))).toEqual([problem])
  })

  test.each([
    ['{"id":"a","id":"b","inputs":[]}', 'id: is given twice'],
    ['{"inputs":[],"inputs":[]}', 'inputs: is given twice'],
    ['{"inputs":[{"name":"x","data":[1],"shape":[1],"data":[2]}]}', 'inputs[0].data: is given twice'],
    ['{"inputs":[],"parameters":{"priority":1,"priority":2}}', 'parameters.priority: is given twice'],
    [
      '{"inputs":[],"outputs":[{"name":"y","parameters":{"a":1,"\\u0061":1}}]}',
      'outputs[0].parameters.a: is given twice',
    ],
  ])('a V2 request that gives a key twice is refused: %s', (text, problem) => {
    expect(problemsOf(() => v2Codec.decode({ bytes: Buffer.from(text) }, model))).toEqual([problem])
  })

  test('a V2 request may have texts in its data that look like keys', () => {
    const texts = ['a:', 'a":']
    const inputs = [
      { ...X, shape: [2, 2], data: [1, 2, 3, 4] },
      { ...S, shape: [2, 1], data: texts },
    ]
    expect(decode({ inputs }).inputs.get('s')!.data).toEqual(texts)
  })

  test('a V2 request with wrong lengths is refused', () => {
    const bytes = Buffer.from('{}')
    expect(problemsOf(() => v2Codec.decode({ bytes, jsonBytes: 3 }, model))).toEqual([
      ': Inference-Header-Content-Length is 3, but the body has 2 bytes',
    ])
    expect(problemsOf(() => decode({ inputs: [X, S] }, Buffer.alloc(3)))).toEqual([
      ': 3 bytes are left over behind the binary inputs',
    ])
  })
})

describe('a V2 answer', () => {
  const y: Tensor = { dataType: 'float32', shape: [2, 3], data: Float32Array.of(0.1, 0.7, 0.2, Number.NaN, 1, -2) }
  const h: Tensor = { dataType: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0x4000) }

  test('a V2 answer has the outputs that the request asks for, as JSON or as bytes', () => {
    const outputs = [{ name: 'h', parameters: { binary_data: true } }, { name: 'y' }]
    const request = decode({ id: 'me', inputs: [X, S], outputs })
    const { body, binary } = encode(request, { y, h })
    expect(body).toEqual({
      model_name: 'm',
      model_version: '1',
      id: 'me',
      outputs: [
        { name: 'h', shape: [2], datatype: 'FP16', parameters: { binary_data_size: 4 } },
        { name: 'y', shape: [2, 3], datatype: 'FP32', data: [0.1, 0.7, 0.2, null, 1, -2] },
      ],
    })
    expect(binary).toEqual([Buffer.from([0, 0x3c, 0, 0x40])])
  })

  test('a V2 answer has all outputs as bytes if the request asks for that', () => {
    const { body, binary } = encode(decode({ inputs: [X, S], parameters: { binary_data_output: true } }), { y, h })
    expect(body.outputs).toMatchObject([
      { parameters: { binary_data_size: 24 } },
      { parameters: { binary_data_size: 4 } },
    ])
    expect(Buffer.concat(binary)).toHaveLength(28)
  })

  test('a V2 answer has an empty part for a binary output without elements', () => {
    const none: Tensor = { dataType: 'float32', shape: [0, 3], data: new Float32Array(0) }
    const request = decode({ inputs: [X, S], outputs: [{ name: 'y', parameters: { binary_data: true } }] })
    const { body, binary } = encode(request, { y: none })
    expect(body.outputs).toEqual([{ name: 'y', shape: [0, 3], datatype: 'FP32', parameters: { binary_data_size: 0 } }])
    expect(binary).toEqual([Buffer.alloc(0)])
  })

  test('a V2 request computes only the outputs that it asks for', () => {
    expect(decode({ inputs: [X, S], outputs: [{ name: 'y' }] }).outputs).toEqual(['y'])
  })

  test('a V2 answer with FP16 as JSON is refused', () => {
    const request = decode({ inputs: [X, S] })
    expect(problemsOf(() => encode(request, { y, h }))).toEqual([
      'outputs.h: FP16 has no form in JSON: ask for binary data',
    ])
  })

  test('a V2 answer classifies an output if the request asks for that', () => {
    const request = decode({ inputs: [X, S], outputs: [{ name: 'y', parameters: { classification: 2 } }] })
    const scores: Tensor = { dataType: 'float32', shape: [1, 3], data: Float32Array.of(0.1, 0.7, 0.2) }
    expect(encode(request, { y: scores }).body.outputs).toEqual([
      { name: 'y', shape: [1, 2], datatype: 'BYTES', data: ['0.700000:1:b', '0.200000:2:c'] },
    ])
  })
})
