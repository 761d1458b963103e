import { once } from 'node:events'
import { Metadata, compressionAlgorithms, status } from '@grpc/grpc-js'
import { describe, expect, test, vi } from 'vitest'
import { ServingError } from '../../src/core/errors.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { createFolder } from '../support/folders.ts'
import { ask, connect, connectBytes, connectHealth, startGrpc } from '../support/grpc.ts'
import { waitFor } from '../support/wait.ts'

const FLOWER = { name: 'X', shape: [1, 4], datatype: 'FP64', contents: { fp64_contents: [5.1, 3.5, 1.4, 0.2] } }
const INFER = { model_name: 'iris', id: '7', inputs: [FLOWER] }
const PROBABILITIES = Buffer.from(Float32Array.of(1, 0, 0).buffer)
const MODEL_INFER = '/inference.GRPCInferenceService/ModelInfer'
const GZIP = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }
const slowFolder = (): string => createFolder({ 'slow.onnx': { model: 'slow' } })

function slow(iterations: number): object {
  const input = { name: 'iterations', datatype: 'INT64', shape: [1, 1], contents: { int64_contents: [iterations] } }
  return { model_name: 'slow', inputs: [input] }
}

describe('the metadata of gRPC', () => {
  test.each<[string, object, object]>([
    ['ServerLive', {}, { live: true }],
    ['ServerReady', {}, { ready: true }],
    ['ModelReady', { name: 'iris' }, { ready: true }],
    ['ModelReady', { name: 'iris', version: '1' }, { ready: true }],
    ['ModelReady', {}, { ready: true }],
    ['ModelReady', { name: 'iris', version: '9' }, { ready: false }],
    ['ModelReady', { name: 'nothing' }, { ready: false }],
    [
      'ServerMetadata',
      {},
      { name: 'onnx-serve', version: '0.0.0', extensions: expect.arrayContaining(['statistics']) },
    ],
    [
      'ModelMetadata',
      { name: 'iris' },
      {
        name: 'iris',
        versions: ['1'],
        platform: 'onnxruntime_onnx',
        inputs: [{ name: 'X', datatype: 'FP64', shape: ['-1', '4'] }],
        outputs: [
          { name: 'label', datatype: 'BYTES', shape: ['-1'] },
          { name: 'probabilities', datatype: 'FP32', shape: ['-1', '3'] },
        ],
      },
    ],
    [
      'ModelConfig',
      { name: 'iris' },
      { config: { name: 'iris', max_batch_size: 100, input: [{ name: 'X', data_type: 'TYPE_FP64', dims: ['4'] }] } },
    ],
    ['RepositoryIndex', {}, { models: [{ name: 'iris', version: '1', state: 'READY', reason: '' }] }],
  ])('gRPC answers %s %j', async (method, message, reply) => {
    const { client } = await startGrpc()
    expect(await ask(client, method, message)).toMatchObject({ code: 'OK', reply })
  })

  test('gRPC shows which models are not ready, and the reason', async () => {
    const { client } = await startGrpc({
      folder: createFolder({ 'bad.onnx': 'broken', 'good.onnx': { model: 'regressor' } }),
    })
    expect((await ask(client, 'ServerReady')).reply).toEqual({ ready: false })
    expect((await ask(client, 'ModelReady', { name: 'bad' })).reply).toEqual({ ready: false })
    const { reply } = await ask(client, 'RepositoryIndex')
    expect(reply.models[0]).toMatchObject({ state: 'UNAVAILABLE', reason: expect.stringMatching(/^failed to load: /) })
    expect((await ask(client, 'RepositoryIndex', { ready: true })).reply.models).toHaveLength(1)
    expect((await ask(client, 'ModelMetadata', { name: 'bad' })).code).toBe('UNAVAILABLE')
  })

  test('the statistics of gRPC are those of every version of a model, or of one version', async () => {
    const files = { 'm/1/model.onnx': { model: 'regressor' }, 'm/2/model.onnx': { model: 'regressor' } } as const
    const { client } = await startGrpc({ folder: createFolder(files) })
    const versions = async (message: object) => {
      const { reply } = await ask(client, 'ModelStatistics', message)
      return reply.model_stats.map(({ version }: { version: string }) => version)
    }
    expect(await versions({ name: 'm' })).toEqual(['1', '2'])
    expect(await versions({ name: 'm', version: '1' })).toEqual(['1'])
    expect((await ask(client, 'ModelStatistics', { name: 'x' })).code).toBe('NOT_FOUND')
  })

  test('the statistics of gRPC count the runs that were computed', async () => {
    const { client } = await startGrpc()
    await ask(client, 'ModelInfer', INFER)
    for (const message of [{}, { name: 'iris' }]) {
      const { reply } = await ask(client, 'ModelStatistics', message)
      expect(reply.model_stats).toMatchObject([
        { name: 'iris', inference_count: '1', execution_count: '1', inference_stats: { success: { count: '1' } } },
      ])
    }
  })

  test('gRPC answers that models cannot be loaded or unloaded at run time', async () => {
    const { client } = await startGrpc()
    for (const method of ['RepositoryModelLoad', 'RepositoryModelUnload']) {
      const { code, details } = await ask(client, method, { model_name: 'iris' })
      expect([code, details]).toEqual(['UNIMPLEMENTED', expect.stringMatching(/^failed to (un)?load: .*restart it$/)])
    }
  })
})

describe('gRPC infers', () => {
  test('gRPC infers from typed contents and from raw contents into raw contents', async () => {
    const { client } = await startGrpc()
    const { contents, ...input } = FLOWER
    const raw = Buffer.from(Float64Array.from(contents.fp64_contents).buffer)
    for (const message of [INFER, { ...INFER, inputs: [input], raw_input_contents: [raw] }]) {
      const { reply } = await ask(client, 'ModelInfer', message)
      expect(reply).toMatchObject({
        model_name: 'iris',
        model_version: '1',
        id: '7',
        outputs: [
          { name: 'label', datatype: 'BYTES', shape: ['1'] },
          { name: 'probabilities', datatype: 'FP32', shape: ['1', '3'] },
        ],
        raw_output_contents: [Buffer.from('\x06\0\0\0setosa'), PROBABILITIES],
      })
    }
  })

  test.each<[string, object]>([
    ['typed contents', { contents: { fp64_contents: [5.1, 3.5, 1.4, Number.NaN] } }],
    ['bytes', {}],
  ])('gRPC accepts NaN in %s, although the features of the model refuse missing values', async (_where, part) => {
    const { client } = await startGrpc()
    const { contents: _contents, ...head } = FLOWER
    const raw = Buffer.from(Float64Array.of(5.1, 3.5, 1.4, Number.NaN).buffer)
    const isRaw = Object.keys(part).length === 0
    const message = { ...INFER, inputs: [{ ...head, ...part }], ...(isRaw && { raw_input_contents: [raw] }) }
    expect(await ask(client, 'ModelInfer', message)).toMatchObject({ code: 'OK' })
  })

  test('gRPC answers only the requested outputs, and as classes if the request asks for classes', async () => {
    const { client } = await startGrpc()
    const outputs = [{ name: 'probabilities', parameters: { classification: { int64_param: 2 } } }]
    const { reply } = await ask(client, 'ModelInfer', { ...INFER, model_version: '1', outputs })
    expect(reply.outputs).toMatchObject([{ name: 'probabilities', datatype: 'BYTES', shape: ['1', '2'] }])
    expect(reply.raw_output_contents[0].toString()).toContain('1.000000:0:setosa')
  })

  test('gRPC accepts compressed requests, and a request without a name is for the default model', async () => {
    const { port } = await startGrpc()
    expect((await ask(connect(port, GZIP), 'ModelInfer', { ...INFER, model_name: '' })).code).toBe('OK')
  })

  test('a gRPC stream answers its requests in order, and an error does not end it', async () => {
    const { client, lines } = await startGrpc()
    const call = client['ModelStreamInfer']()
    const replies: any[] = []
    call.on('data', (reply: object) => replies.push(reply))
    const ended = once(call, 'end')
    for (let id = 0; id < 200; id++) call.write({ ...INFER, id: String(id), model_version: id === 150 ? '9' : '' })
    call.end()
    await ended
    expect(replies.map(({ infer_response }) => infer_response.id)).toEqual(
      Array.from({ length: 200 }, (_, id) => `${id}`),
    )
    const failed = replies.filter(({ error_message }) => error_message !== '')
    expect(failed.map(({ error_message }) => error_message)).toEqual([
      'Request for unknown model: model iris has no version "9"; served: 1',
    ])
    expect(lines.filter(({ msg, code }) => msg === 'request' && code === 'OK')).toHaveLength(199)
  })
})

test('a gRPC answer is marked as final if the client asks for that, in calls and in streams', async () => {
  const { client } = await startGrpc()
  const parameters = { triton_enable_empty_final_response: { bool_param: true } }
  const FINAL = { triton_final_response: expect.objectContaining({ bool_param: true }) }
  expect((await ask(client, 'ModelInfer', { ...INFER, parameters })).reply.parameters).toEqual(FINAL)
  const off = { triton_enable_empty_final_response: { bool_param: false } }
  expect((await ask(client, 'ModelInfer', { ...INFER, parameters: off })).reply.parameters).toEqual({})
  expect((await ask(client, 'ModelInfer', INFER)).reply.parameters).toEqual({})
  const call = client['ModelStreamInfer']()
  call.write({ ...INFER, parameters })
  const [reply] = await once(call, 'data')
  expect(reply.infer_response.parameters).toEqual(FINAL)
  call.end()
  const wrong = { triton_enable_empty_final_response: { string_param: 'x' } }
  expect((await ask(client, 'ModelInfer', { ...INFER, parameters: wrong })).code).toBe('INVALID_ARGUMENT')
  const both = { ...parameters, triton_x: { bool_param: true } }
  expect((await ask(client, 'ModelInfer', { ...INFER, parameters: both })).code).toBe('INVALID_ARGUMENT')
})

describe('gRPC refuses', () => {
  const input = { name: 'X', shape: [1, 4], datatype: 'FP64' }
  test.each<[string, object, string]>([
    [
      'typed contents and raw contents together',
      { inputs: [FLOWER], raw_input_contents: [Buffer.alloc(32)] },
      'inputs[0].contents: expected either contents or raw_input_contents, got both',
    ],
    [
      'too few bytes',
      { inputs: [input], raw_input_contents: [Buffer.alloc(31)] },
      'inputs[0]: shape [1,4] takes 32 bytes, got 31',
    ],
    [
      'raw contents for some inputs',
      { inputs: [input], raw_input_contents: [Buffer.alloc(32), Buffer.alloc(1)] },
      'raw_input_contents: expected one for each of 1 inputs, got 2',
    ],
    [
      'typed contents of another type',
      { inputs: [{ ...input, contents: { fp32_contents: [1] } }] },
      'inputs[0].contents: expected fp64_contents, got fp32_contents',
    ],
    ['an input without contents', { inputs: [input] }, 'inputs[0].contents: shape [1,4] takes 4 elements, got 0'],
    ['no inputs', {}, 'inputs: input "X" is missing: expected FP64 [any,4]'],
    [
      'a shape of 2^31 rows',
      { inputs: [{ ...FLOWER, shape: ['2147483648', 4] }] },
      'inputs[0].shape: expected at most 100 rows in one request, got 2147483648',
    ],
    [
      'a shape beyond numbers',
      { inputs: [{ ...FLOWER, shape: ['9223372036854775807', 4] }] },
      'inputs[0].shape[0]: expected a size from 0, got 9223372036854776000',
    ],
    [
      'a negative shape',
      { inputs: [{ ...FLOWER, shape: [-1, 4] }] },
      'inputs[0].shape[0]: expected a size from 0, got -1',
    ],
    [
      'an unknown input',
      { inputs: [{ ...FLOWER, name: 'Y' }] },
      'inputs[0].name: "Y" is no input of this model; it has X',
    ],
    [
      'another datatype',
      { inputs: [{ ...FLOWER, datatype: 'BF16' }] },
      'inputs[0].datatype: expected "FP64", got "BF16"',
    ],
    [
      'an unknown output',
      { inputs: [FLOWER], outputs: [{ name: 'z' }] },
      'outputs[0].name: "z" is no output of this model; it has label, probabilities',
    ],
    [
      'reserved parameters',
      { inputs: [FLOWER], parameters: { triton_x: { bool_param: true } } },
      'parameters.triton_x: names that begin with triton_ are reserved',
    ],
    [
      'a timeout that is no number',
      { inputs: [FLOWER], parameters: { timeout: { string_param: 'soon' } } },
      'parameters.timeout: expected microseconds, got "soon"',
    ],
    [
      'shared memory',
      { inputs: [{ ...input, parameters: { shared_memory_region: { string_param: 'r' } } }] },
      'inputs[0].parameters.shared_memory_region: shared memory is not supported: leave it out',
    ],
    [
      'shared memory for an output',
      { inputs: [FLOWER], outputs: [{ name: 'label', parameters: { shared_memory_region: { string_param: 'r' } } }] },
      'outputs[0].parameters.shared_memory_region: shared memory is not supported: leave it out',
    ],
  ])('gRPC refuses a request with %s', async (_, message, details) => {
    const { client } = await startGrpc()
    expect(await ask(client, 'ModelInfer', { model_name: 'iris', ...message })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details,
    })
  })

  test('gRPC refuses bytes that are no message, truncated messages, and wrong lengths', async () => {
    const { port } = await startGrpc()
    const send = connectBytes(port)
    // Field 5, inputs, of two gigabytes; a number cut off; an end of a group that never began; fields of another type.
    for (const bytes of [[0x2a, 0xff, 0xff, 0xff, 0xff, 0x07], [0x08, 0xff], [0x2c], [0x28, 0x01]]) {
      expect(await send('ModelInfer', Buffer.from(bytes))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        details: expect.stringContaining('the bytes are no valid message of ModelInfer: '),
      })
    }
    expect((await send('NoSuchMethod', Buffer.alloc(0))).code).toBe('UNIMPLEMENTED')
  })

  test('gRPC refuses messages larger than the limit, also compressed ones', async () => {
    const { client, port } = await startGrpc({ bodyLimitBytes: 10_000 })
    const message = { ...INFER, id: 'x'.repeat(20_000) }
    for (const each of [client, connect(port, GZIP)]) {
      expect((await ask(each, 'ModelInfer', message)).code).toBe('RESOURCE_EXHAUSTED')
      expect((await ask(each, 'ModelInfer', INFER)).code).toBe('OK')
    }
  })

  test.each<[ErrorCode, keyof typeof status]>([
    ['INVALID_INPUT', 'INVALID_ARGUMENT'],
    ['MODEL_NOT_FOUND', 'NOT_FOUND'],
    ['MODEL_NOT_READY', 'UNAVAILABLE'],
    ['INFERENCE_FAILED', 'INVALID_ARGUMENT'],
    ['QUEUE_FULL', 'RESOURCE_EXHAUSTED'],
    ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'],
    ['CANCELLED', 'CANCELLED'],
    ['RUN_TIMEOUT', 'UNAVAILABLE'],
    ['RUNTIME_FAILED', 'UNAVAILABLE'],
  ])('the error code %s has the gRPC status %s', async (code, answered) => {
    const { client, registry } = await startGrpc()
    vi.spyOn(registry.get('iris'), 'infer').mockRejectedValue(new ServingError(code, 'because'))
    expect(await ask(client, 'ModelInfer', INFER)).toMatchObject({ code: answered, details: 'because' })
  })

  test('gRPC answers a bug of the server with a request id and no details', async () => {
    const { client, registry, lines } = await startGrpc()
    vi.spyOn(registry.get('iris'), 'infer').mockRejectedValue(new TypeError('secret'))
    const answer = await ask(client, 'ModelInfer', INFER, { headers: { 'x-request-id': 'r-1' } })
    expect(answer).toMatchObject({
      code: 'INTERNAL',
      details: "an internal error; look for request r-1 in the server's log",
    })
    expect(lines.find(({ level }) => level === 50)).toMatchObject({ reqId: 'r-1', err: { message: 'secret' } })
  })
})

describe('a call', () => {
  test('the id of the client is in the answer to a gRPC call, also if the call fails', async () => {
    const { client, lines } = await startGrpc()
    const named = await ask(client, 'ModelInfer', INFER, { headers: { 'x-request-id': 'order-66' } })
    expect(named).toMatchObject({ code: 'OK', requestId: 'order-66' })
    expect((await ask(client, 'ModelInfer', INFER)).requestId).toBeUndefined()
    const failed = await ask(client, 'ModelInfer', { ...INFER, model_name: 'x' })
    expect(failed.requestId).toBe(lines.find(({ code }) => code === 'NOT_FOUND')!['reqId'])
  })

  test('a gRPC call is never computed once its deadline has passed', async () => {
    const { client, lines } = await startGrpc({ folder: slowFolder() })
    // Some three seconds, so that the other request arrives and its deadline passes meanwhile.
    const first = ask(client, 'ModelInfer', slow(20_000))
    await ask(client, 'ServerLive')
    const late = await ask(client, 'ModelInfer', slow(1), { deadline: Date.now() + 1000 })
    expect(late.code).toBe('DEADLINE_EXCEEDED')
    expect((await first).code).toBe('OK')
    await waitFor(() => expect(lines.filter(({ rpc }) => rpc === MODEL_INFER)).toHaveLength(2))
    const line = lines.find(({ rpc, code }) => rpc === MODEL_INFER && code !== 'OK')
    expect(line!['code']).toBe('DEADLINE_EXCEEDED')
    expect(line).not.toHaveProperty('computeMs')
  })

  test('a gRPC call waits no longer than its timeout in microseconds', async () => {
    const { client } = await startGrpc({ folder: slowFolder() })
    const first = ask(client, 'ModelInfer', slow(3000))
    await ask(client, 'ServerLive')
    const parameters = { timeout: { int64_param: 20_000 } }
    expect(await ask(client, 'ModelInfer', { ...slow(1), parameters })).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      details: expect.stringContaining('not computed'),
    })
    expect((await first).code).toBe('OK')
  })

  test('a gRPC call is dropped when its client leaves', async () => {
    const { client, lines } = await startGrpc({ folder: slowFolder() })
    const first = ask(client, 'ModelInfer', slow(3000))
    await ask(client, 'ServerLive')
    const left = client['ModelInfer'](slow(1), new Metadata(), { deadline: Date.now() + 60_000 }, () => undefined)
    await ask(client, 'ServerLive')
    left.cancel()
    expect((await first).code).toBe('OK')
    await waitFor(() => expect(lines.some(({ code }) => code === 'CANCELLED')).toBe(true))
    expect(lines.find(({ code }) => code === 'CANCELLED')).not.toHaveProperty('computeMs')
  })

  test('the log line of a gRPC call has its id, the model and the durations', async () => {
    const { client, lines } = await startGrpc()
    await ask(client, 'ModelInfer', INFER, { headers: { 'x-request-id': 'order-66' } })
    expect(lines.find(({ msg }) => msg === 'request')).toMatchObject({
      reqId: 'order-66',
      rpc: MODEL_INFER,
      code: 'OK',
      model: 'iris',
      rows: 1,
      computeMs: expect.any(Number),
    })
  })
})

describe('the close', () => {
  test('the gRPC server answers accepted calls when it closes, and ends streams and watchers of its health', async () => {
    let isDraining = false
    const { client, port, grpc } = await startGrpc({ folder: slowFolder(), isDraining: () => isDraining })
    const watch = connectHealth(port)['Watch']({ service: '' })
    const statuses: string[] = []
    const watched = new Promise((resolve) => watch.on('error', resolve))
    watch.on('data', ({ status: each }: { status: string }) => statuses.push(each))
    await once(watch, 'data')
    const stream = client['ModelStreamInfer']()
    const replies: any[] = []
    stream.on('data', (reply: object) => replies.push(reply))
    const ended = new Promise<any>((resolve) => stream.on('error', resolve))
    stream.write(slow(1000))
    const accepted = ask(client, 'ModelInfer', slow(1000))
    await ask(client, 'ServerLive')
    isDraining = true
    grpc.updateHealth()
    await grpc.close()
    expect((await accepted).code).toBe('OK')
    expect((await ended).code).toBe(status.UNAVAILABLE)
    expect(replies).toMatchObject([{ error_message: '' }])
    await watched
    expect(statuses).toEqual(['SERVING', 'NOT_SERVING'])
  })
})
