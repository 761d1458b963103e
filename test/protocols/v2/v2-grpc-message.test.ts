import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { ServingError } from '../../../src/core/errors.ts'
import { PROTO_FILE } from '../../../src/grpc/messages.ts'
import { fromContents } from '../../../src/protocols/v2/v2-grpc-contents.ts'
import { readInferRequest } from '../../../src/protocols/v2/v2-grpc-message.ts'
import { problemsOf } from '../../support/errors.ts'

const Request = new protobuf.Root().loadSync(PROTO_FILE, { keepCase: true }).lookupType('inference.ModelInferRequest')

const anyText = fc.string({ unit: 'grapheme', maxLength: 5 })
const anyName = anyText.filter((text) => text !== '__proto__')
const anyChoice = fc.oneof(
  fc.boolean().map((value) => ({ field: 'bool_param', value })),
  fc.maxSafeInteger().map((value) => ({ field: 'int64_param', value })),
  anyText.map((value) => ({ field: 'string_param', value })),
  fc.double({ noNaN: true }).map((value) => ({ field: 'double_param', value })),
  fc.maxSafeNat().map((value) => ({ field: 'uint64_param', value })),
)
const anyParameters = fc.uniqueArray(fc.tuple(anyName, anyChoice), { selector: ([name]) => name, maxLength: 3 })
const anyRequest = fc.record({
  model_name: anyText,
  model_version: anyText,
  id: anyText,
  parameters: anyParameters,
  inputs: fc.array(
    fc.record({
      name: anyText,
      datatype: anyText,
      shape: fc.array(fc.maxSafeInteger(), { maxLength: 4 }),
      parameters: anyParameters,
    }),
    { maxLength: 3 },
  ),
  outputs: fc.array(fc.record({ name: anyText, parameters: anyParameters }), { maxLength: 3 }),
  raw_input_contents: fc.array(fc.uint8Array(), { maxLength: 3 }),
})

type Parameters = readonly (readonly [string, { readonly field: string; readonly value: unknown }])[]

const written = (all: Parameters) =>
  Object.fromEntries(all.map(([name, { field, value }]) => [name, { [field]: value }]))
const read = (all: Parameters) =>
  all.length === 0 ? undefined : Object.fromEntries(all.map(([name, { value }]) => [name, value]))

function bytesOf(message: object): Buffer {
  return Buffer.from(Request.encode(Request.fromObject(message)).finish())
}

describe('a V2 request over gRPC', () => {
  test('a gRPC request is read as it was written', () => {
    fc.assert(
      fc.property(anyRequest, ({ model_name: modelName, model_version: modelVersion, id, ...lists }) => {
        const { parameters, inputs, outputs, raw_input_contents: raw } = lists
        const bytes = bytesOf({
          model_name: modelName,
          model_version: modelVersion,
          id,
          parameters: written(parameters),
          inputs: inputs.map((each) => ({ ...each, parameters: written(each.parameters) })),
          outputs: outputs.map((each) => ({ ...each, parameters: written(each.parameters) })),
          raw_input_contents: raw,
        })
        const message = readInferRequest(bytes)
        const rawInputs = message.rawInputs.map((each) => Uint8Array.from(each))
        expect({ ...message, rawInputs }).toEqual({
          bytes,
          modelName,
          modelVersion,
          id,
          parameters: read(parameters),
          inputs: inputs.map((each) => ({ ...each, parameters: read(each.parameters), contents: undefined })),
          outputs: outputs.map((each) => ({ ...each, parameters: read(each.parameters) })),
          rawInputs: raw,
        })
      }),
    )
  })

  test('a gRPC request that is cut or changed is either read or refused', () => {
    const whole = bytesOf({
      model_name: 'm',
      parameters: { a: { int64_param: -1 }, b: { double_param: 1.5 } },
      inputs: [{ name: 'x', datatype: 'INT64', shape: [1, 2], contents: { int64_contents: [-1, 300] } }],
      raw_input_contents: [Buffer.alloc(3)],
    })
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
        const bytes = Buffer.from(whole)
        bytes[at] = byte
        try {
          const { inputs } = readInferRequest(bytes.subarray(0, length))
          for (const { contents } of inputs)
            fromContents(contents ?? Buffer.alloc(0), { dataType: 'int64', shape: [2], path: 'x' })
        } catch (error) {
          expect(error instanceof RangeError || error instanceof ServingError).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('a gRPC request may have unknown fields', () => {
    // Field 15 as a number, as bytes, and of fixed length.
    const unknown = Buffer.from([0x78, 1, 0x7a, 1, 0, 0x7d, 0, 0, 0, 0, 0x79, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(readInferRequest(Buffer.concat([unknown, bytesOf({ id: 'a' })])).id).toBe('a')
  })

  test('a gRPC request has a limit on the number of its parts', () => {
    const many = Buffer.concat(Array.from({ length: 70_000 }, () => Buffer.from([0x2a, 0])))
    expect(problemsOf(() => readInferRequest(many))).toEqual([
      ': expected at most 65536 inputs, outputs, parameters and sizes',
    ])
  })
})

describe('contents of a tensor over gRPC', () => {
  test('the contents of a gRPC tensor may have their elements one by one', () => {
    // int_contents, field 2, of 1 and of [2, -1].
    const contents = Buffer.from([0x10, 1, 0x12, 11, 2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1])
    expect(fromContents(contents, { dataType: 'int32', shape: [3], path: 'x' }).data).toEqual(Int32Array.of(1, 2, -1))
  })

  test.each<[string, number[], string]>([
    ['a number that is cut off', [0x12, 1, 0x80], 'x.contents: the bytes are no contents: ends within a number'],
    [
      'a number that never ends',
      [0x10, ...Array<number>(11).fill(255)],
      'x.contents: the bytes are no contents: a number has more than ten bytes',
    ],
    ['a wrong length', [0x12, 100, 1], 'x.contents: the bytes are no contents: ends within a field'],
    [
      'elements of another type',
      [0x15, 0, 0, 0, 0],
      'x.contents: the bytes are no contents: expected wire type 2, got 5',
    ],
    ['a group', [0x7b], 'x.contents: the bytes are no contents: no wire type 3'],
    ['a field without a number', [0x00, 0], 'x.contents: the bytes are no contents: a field has the number 0'],
    ['too few elements', [0x10, 1], 'x.contents: shape [3] takes 3 elements, got 1'],
    ['too many elements', [0x12, 4, 1, 2, 3, 4], 'x.contents: shape [3] takes 3 elements, got 4'],
  ])('the contents of a gRPC tensor are refused with %s', (_case, bytes, problem) => {
    expect(problemsOf(() => fromContents(Buffer.from(bytes), { dataType: 'int32', shape: [3], path: 'x' }))).toEqual([
      problem,
    ])
  })

  test('a gRPC tensor with one element and a shape of billions is refused without storage for the shape', () => {
    const problem = 'x.contents: shape [2147483648,2147483648] takes 4611686018427388000 elements, got 1'
    expect(
      problemsOf(() =>
        fromContents(Buffer.from([0x10, 1]), { dataType: 'int32', shape: [2 ** 31, 2 ** 31], path: 'x' }),
      ),
    ).toEqual([problem])
  })
})
