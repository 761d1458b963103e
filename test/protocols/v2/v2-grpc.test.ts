import fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import type { ModelView } from '../../../src/core/model-view.ts'
import type { Tensor } from '../../../src/core/tensor.ts'
import { PROTO_FILE, loadMethods } from '../../../src/grpc/messages.ts'
import { v2Codec } from '../../../src/protocols/v2/v2.ts'
import { v2GrpcCodec } from '../../../src/protocols/v2/v2-grpc.ts'
import type { InferMessage } from '../../../src/protocols/v2/v2-grpc-message.ts'
import { toBytes } from '../../../src/protocols/v2/v2-binary-data.ts'
import { V2_NAMES } from '../../../src/protocols/v2/v2-tensors.ts'
import { problemsOf } from '../../support/errors.ts'
import { anyTensor } from '../../support/tensors.ts'
import { createView, spec } from '../../support/views.ts'
import { flatJson } from '../../support/answers.ts'
import { doSteps } from '../../../src/core/steps.ts'

const METHODS = loadMethods()
const INFER = METHODS.find(({ name }) => name === 'ModelInfer')!
const Request = new protobuf.Root().loadSync(PROTO_FILE, { keepCase: true }).lookupType('inference.ModelInferRequest')
const Reply = Request.root.lookupType('inference.ModelInferResponse')

function viewOf({ dataType, shape }: Tensor): ModelView {
  return createView({ signature: { inputs: [spec('x', dataType, shape)], outputs: [spec('y', dataType, shape)] } })
}

function decode(message: object, view: ModelView): Tensor {
  const bytes = Buffer.from(Request.encode(Request.fromObject(message)).finish())
  return v2GrpcCodec.decode(INFER.decode(bytes) as InferMessage, view).inputs.get('x')!
}

function overGrpc(tensor: Tensor, isRaw: boolean): Tensor {
  const { dataType, shape, data } = tensor
  const input = { name: 'x', datatype: V2_NAMES[dataType], shape }
  if (isRaw) return decode({ inputs: [input], raw_input_contents: [doSteps(toBytes(tensor))] }, viewOf(tensor))
  const values = Array.from(data as ArrayLike<unknown>, (value) => toMessageValue(value, dataType))
  return decode({ inputs: [{ ...input, contents: { [fieldOf(dataType)]: values } }] }, viewOf(tensor))
}

function toMessageValue(value: unknown, dataType: string): unknown {
  if (typeof value === 'string') return Buffer.from(value)
  if (dataType === 'bool') return value === 1
  return typeof value === 'bigint' ? String(value) : value
}

function fieldOf(dataType: string): string {
  if (dataType === 'string') return 'bytes_contents'
  if (dataType === 'bool') return 'bool_contents'
  if (dataType.startsWith('float')) return `fp${dataType.slice(5)}_contents`
  return dataType.endsWith('64') ? `${dataType}_contents` : dataType.replace(/\d+/, '_contents')
}

function overRest(tensor: Tensor, isBinary: boolean): Tensor {
  const { dataType, shape } = tensor
  const bytes = doSteps(toBytes(tensor))
  const input = { name: 'x', datatype: V2_NAMES[dataType], shape }
  const value = isBinary
    ? `"parameters":{"binary_data_size":${bytes.length}}`
    : `"data":${flatJson(tensor, viewOf(tensor))}`
  const json = Buffer.from(`{"inputs":[{${JSON.stringify(input).slice(1, -1)},${value}}]}`)
  const body = isBinary ? { bytes: Buffer.concat([json, bytes]), jsonBytes: json.length } : { bytes: json }
  return v2Codec.decode(body, viewOf(tensor)).inputs.get('x')!
}

test('V2 requests in JSON, binary data and gRPC make the same tensors, for every datatype and shape', () => {
  fc.assert(
    fc.property(anyTensor, (tensor) => {
      expect(overRest(tensor, true)).toEqual(tensor)
      expect(overGrpc(tensor, true)).toEqual(tensor)
      // Half precision has no form in JSON, nor contents of its own.
      if (tensor.dataType === 'float16') return
      expect(overRest(tensor, false)).toEqual(tensor)
      expect(overGrpc(tensor, false)).toEqual(tensor)
    }),
  )
})

test('gRPC answers hold the bytes of the tensors, for every datatype and shape', () => {
  fc.assert(
    fc.property(anyTensor, (tensor) => {
      const view = viewOf(tensor)
      const request = v2GrpcCodec.decode(INFER.decode(requestFor(tensor)) as InferMessage, view)
      const result = { outputs: new Map([['y', tensor]]), timings: { queueMs: 0, computeMs: 0, batchSize: 1 } }
      const reply: any = Reply.toObject(
        Reply.decode(INFER.encode(doSteps(v2GrpcCodec.encode(result, request, view)))),
        {
          longs: Number,
          arrays: true,
        },
      )
      expect(reply.outputs).toEqual([{ name: 'y', datatype: V2_NAMES[tensor.dataType], shape: tensor.shape }])
      expect(reply.raw_output_contents.map((bytes: Buffer) => Buffer.from(bytes))).toEqual([
        Buffer.from(doSteps(toBytes(tensor))),
      ])
    }),
  )
})

function requestFor(tensor: Tensor): Buffer {
  const inputs = [{ name: 'x', datatype: V2_NAMES[tensor.dataType], shape: tensor.shape }]
  return Buffer.from(
    Request.encode(Request.fromObject({ inputs, raw_input_contents: [doSteps(toBytes(tensor))] })).finish(),
  )
}

test.each<[string, string, object, string]>([
  [
    'uint8',
    'UINT8',
    { uint_contents: [300] },
    'inputs[0].contents[0]: expected uint8, an integer from 0 to 255, got 300',
  ],
  [
    'int16',
    'INT16',
    { int_contents: [-32769] },
    'inputs[0].contents[0]: expected int16, an integer from -32768 to 32767, got -32769',
  ],
  [
    'float16',
    'FP16',
    { fp32_contents: [1] },
    'inputs[0].contents: FP16 has no contents: send it in raw_input_contents',
  ],
  ['string', 'BYTES', { bytes_contents: [Buffer.of(255)] }, 'inputs[0].contents[0]: the string is not valid UTF-8'],
] as const)('gRPC contents that a tensor of %s cannot hold are refused', (dataType, datatype, contents, problem) => {
  const view = createView({ signature: { inputs: [spec('x', dataType as 'uint8', [1])], outputs: [] } })
  expect(problemsOf(() => decode({ inputs: [{ name: 'x', datatype, shape: [1], contents }] }, view))).toEqual([problem])
})

test('NaN and the infinities are valid values of gRPC tensors', () => {
  const tensor: Tensor = { dataType: 'float32', shape: [3], data: Float32Array.of(NaN, Infinity, -Infinity) }
  for (const isRaw of [false, true]) expect(overGrpc(tensor, isRaw)).toEqual(tensor)
})

test.each([0, 1, 2, 3, 4, 5, 6, 7])(
  'the tensor of a gRPC message is read correctly if the message starts at address %i',
  (address) => {
    const tensor: Tensor = { dataType: 'float32', shape: [2], data: Float32Array.of(1, 2) }
    const message = requestFor(tensor)
    const memory = Buffer.from(new ArrayBuffer(address + message.length))
    message.copy(memory, address)
    const { rawInputs, ...rest } = INFER.decode(memory.subarray(address)) as InferMessage
    const request = v2GrpcCodec.decode({ rawInputs, ...rest }, viewOf(tensor))
    expect(request.inputs.get('x')).toEqual(tensor)
    const { buffer } = request.inputs.get('x')!.data as Float32Array
    expect(buffer === memory.buffer).toBe(rawInputs[0]!.byteOffset % 4 === 0)
  },
)

test('a gRPC answer has the bytes of its tensors without a copy', () => {
  const tensor: Tensor = { dataType: 'float32', shape: [2], data: Float32Array.of(1, 2) }
  const request = v2GrpcCodec.decode(INFER.decode(requestFor(tensor)) as InferMessage, viewOf(tensor))
  const result = { outputs: new Map([['y', tensor]]), timings: { queueMs: 0, computeMs: 0, batchSize: 1 } }
  const { raw_output_contents: raw } = doSteps(v2GrpcCodec.encode(result, request, viewOf(tensor)))
  expect(raw[0]!.buffer).toBe(tensor.data instanceof Float32Array && tensor.data.buffer)
})
