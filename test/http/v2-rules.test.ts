import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { smallModel } from '../support/onnx-writer.ts'

// What clients of the Open Inference Protocol agree on, rule by rule, as a client sees it.

type Started = Awaited<ReturnType<typeof startApp>>

const FLOWER = { name: 'X', shape: [1, 4], datatype: 'FP64', data: [5.1, 3.5, 1.4, 0.2] }
const FLOWER_BYTES = Buffer.from(Float64Array.from(FLOWER.data).buffer)
const LENGTH = 'inference-header-content-length'
const [BOOL, STRING, INT64, FLOAT16, BFLOAT16] = [9, 8, 7, 10, 16]

async function get({ app }: Started, url: string) {
  const reply = await app.inject(url)
  return { status: reply.statusCode, body: reply.json<unknown>() }
}

/** Without a content-type, as Triton's client sends everything. */
async function post(
  { app }: Started,
  url: string,
  body: object | Buffer | string,
  headers: Record<string, string> = {},
) {
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const reply = await app.inject({ method: 'POST', url, payload, headers })
  const length = reply.headers[LENGTH]
  const jsonBytes = length === undefined ? reply.rawPayload.length : Number(length)
  return {
    status: reply.statusCode,
    type: reply.headers['content-type'],
    body: JSON.parse(reply.rawPayload.subarray(0, jsonBytes).toString()),
    binary: reply.rawPayload.subarray(jsonBytes),
  }
}

const infer = (started: Started, body: object | Buffer, headers: Record<string, string> = {}, model = 'iris') =>
  post(started, `/v2/models/${model}/infer`, body, headers)

/** A model `m` that answers `y` with its one input `x`, [rows, columns]. */
function startIdentity(
  elementType: number,
  columns = 1,
  options: Parameters<typeof startApp>[0] = {},
): Promise<Started> {
  return startApp({ ...options, folder: createFolder({ 'm.onnx': smallModel({ elementType, columns }) }) })
}

const refused = (error: string) => ({ status: 400, body: { error: expect.stringContaining(error) } })

test.each(['/v2/models/iris/infer', '/v2/models/iris/versions/1/infer'])(
  'query parameters are refused at %s',
  async (url) => {
    const started = await startApp()
    const { status, body } = await post(started, `${url}?top=1`, { inputs: [FLOWER] })
    const error = 'the query parameter "top" is unknown; this route takes none'
    expect({ status, body }).toEqual({ status: 400, body: { error } })
    expect((await get(started, '/v2/models/iris?top=1')).status).toBe(200)
  },
)

describe('the rules of V2', () => {
  test('V2 rule 1: the answers to health requests have bodies', async () => {
    const started = await startApp()
    expect(await get(started, '/v2/health/live')).toEqual({ status: 200, body: { live: true } })
    expect(await get(started, '/v2/health/ready')).toEqual({ status: 200, body: { ready: true } })
    expect(await get(started, '/v2/models/iris/ready')).toEqual({ status: 200, body: { name: 'iris', ready: true } })
    const loading = await startApp({ isLoading: true })
    expect(await get(loading, '/v2/health/live')).toEqual({ status: 200, body: { live: true } })
    expect(await get(loading, '/v2/health/ready')).toEqual({ status: 503, body: { ready: false } })
  })

  test('V2 rule 2: a request needs no content-type', async () => {
    const started = await startApp()
    expect((await infer(started, { inputs: [FLOWER] })).status).toBe(200)
    expect((await post(started, '/v2/repository/index', '{}')).status).toBe(200)
    expect((await post(started, '/v2/repository/models/iris/load', '{}')).status).toBe(501)
  })

  test('V2 rule 3: the binary data behind the JSON has exactly the size that the JSON says', async () => {
    const started = await startApp()
    const { data: _, ...input } = FLOWER
    const send = (size: number, bytes: Buffer) => {
      const head = JSON.stringify({ inputs: [{ ...input, parameters: { binary_data_size: size } }] })
      return infer(started, Buffer.concat([Buffer.from(head), bytes]), { [LENGTH]: String(head.length) })
    }
    expect((await send(32, FLOWER_BYTES)).status).toBe(200)
    expect(await send(32, FLOWER_BYTES.subarray(1))).toMatchObject(refused('31 bytes are left, got 32'))
    expect(await send(32, Buffer.concat([FLOWER_BYTES, FLOWER_BYTES]))).toMatchObject(refused('32 bytes are left over'))
  })

  test('V2 rule 4: a raw request of BYTES is one string without a length, and is answered as bytes', async () => {
    const { status, type, body, binary } = await infer(
      await startIdentity(STRING),
      Buffer.from('é, "raw"'),
      { [LENGTH]: '0' },
      'm',
    )
    expect({ status, type }).toEqual({ status: 200, type: 'application/octet-stream' })
    expect(body.outputs).toEqual([
      { name: 'y', shape: [1, 1], datatype: 'BYTES', parameters: { binary_data_size: 13 } },
    ])
    expect(binary).toEqual(Buffer.concat([Buffer.from([9, 0, 0, 0]), Buffer.from('é, "raw"')]))
  })

  test('V2 rule 5: in a gzip body, the length of the JSON is the decompressed length', async () => {
    const { data: _, ...input } = FLOWER
    const head = JSON.stringify({ inputs: [{ ...input, parameters: { binary_data_size: 32 } }] })
    const packed = gzipSync(Buffer.concat([Buffer.from(head), FLOWER_BYTES]))
    const headers = { [LENGTH]: String(head.length), 'content-encoding': 'gzip' }
    const { status, body } = await infer(await startApp(), packed, headers)
    expect({ status, label: body.outputs[0].data }).toEqual({ status: 200, label: ['setosa'] })
  })

  test('V2 rule 6: shared memory is refused for inputs and outputs', async () => {
    const started = await startApp()
    const parameters = { shared_memory_region: 'r', shared_memory_byte_size: 32 }
    const input = { inputs: [{ ...FLOWER, data: undefined, parameters }] }
    expect(await infer(started, input)).toMatchObject(refused('inputs[0].parameters.shared_memory_region'))
    const output = { inputs: [FLOWER], outputs: [{ name: 'label', parameters }] }
    expect(await infer(started, output)).toMatchObject(refused('outputs[0].parameters.shared_memory_region'))
  })

  test('V2 rule 7: binary_data_output applies only to requests that list no outputs', async () => {
    const started = await startApp()
    const all = { inputs: [FLOWER], parameters: { binary_data_output: true } }
    expect((await infer(started, all)).binary.length).toBeGreaterThan(0)
    const { body, binary } = await infer(started, { ...all, outputs: [{ name: 'label' }] })
    expect(body.outputs).toEqual([{ name: 'label', shape: [1], datatype: 'BYTES', data: ['setosa'] }])
    expect(binary).toHaveLength(0)
  })

  test('V2 rule 8: data may be nested to a depth of 100', async () => {
    const started = await startApp()
    const nested = (depth: number): unknown => (depth === 1 ? FLOWER.data : [nested(depth - 1)])
    const send = (depth: number) => infer(started, { inputs: [{ ...FLOWER, data: nested(depth) }] })
    expect((await send(100)).body.outputs[0].data).toEqual(['setosa'])
    expect(await send(101)).toMatchObject(refused('inputs[0].data: expected at most 100 nested arrays'))
  })

  test('V2 rule 9: FP16 is refused in JSON in both directions, and BF16 is always refused', async () => {
    const started = await startIdentity(FLOAT16)
    const input = { name: 'x', shape: [1, 1], datatype: 'FP16' }
    expect(await infer(started, { inputs: [{ ...input, data: [1] }] }, {}, 'm')).toMatchObject(
      refused('FP16 has no form'),
    )
    const head = (parameters: object) =>
      JSON.stringify({ inputs: [{ ...input, parameters: { binary_data_size: 2 } }], parameters })
    const send = (json: string) =>
      infer(started, Buffer.concat([Buffer.from(json), Buffer.from([0, 0x3c])]), { [LENGTH]: String(json.length) }, 'm')
    expect((await send(head({ binary_data_output: true }))).binary).toEqual(Buffer.from([0, 0x3c]))
    expect(await send(head({}))).toMatchObject(refused('outputs.y: FP16 has no form in JSON'))
    const brain = { inputs: [{ ...input, datatype: 'BF16', data: [1] }] }
    expect(await infer(started, brain, {}, 'm')).toMatchObject(refused('expected "FP16", got "BF16"'))
    expect(await get(await startIdentity(BFLOAT16), '/v2/models/m/ready')).toMatchObject({ status: 503 })
  })

  test('V2 rule 10: a dimension of size 0 is accepted, a negative size is refused', async () => {
    const started = await startApp()
    const { body } = await infer(started, { inputs: [{ ...FLOWER, shape: [0, 4], data: [] }] })
    expect(body.outputs).toMatchObject([
      { shape: [0], data: [] },
      { shape: [0, 3], data: [] },
    ])
    const negative = { inputs: [{ ...FLOWER, shape: [-1, 4] }] }
    expect(await infer(started, negative)).toMatchObject(refused('inputs[0].shape[0]: expected a size from 0, got -1'))
  })

  test('V2 rule 11: integers of 64 bits are exact in both directions, and none is truncated', async () => {
    const started = await startIdentity(INT64)
    const send = async (data: string) => {
      const payload = `{"inputs":[{"name":"x","shape":[1,1],"datatype":"INT64","data":[${data}]}]}`
      const { statusCode, payload: text } = await started.app.inject({
        method: 'POST',
        url: '/v2/models/m/infer',
        payload,
      })
      return statusCode === 200 ? /"data":\[([^\]]*)\]/.exec(text)![1] : JSON.parse(text).error
    }
    for (const exact of ['9007199254740993', '-9223372036854775808', '9223372036854775807', '-1'])
      expect(await send(exact)).toBe(exact)
    expect(await send('9223372036854775808')).toContain('inputs[0].data[0]: expected int64')
    expect(await send('1.5')).toContain('inputs[0].data[0]: expected an integer, got 1.5')
  })

  test.each([
    ['null', '[null,null,-0]'],
    ['string', '["NaN","-Infinity",-0]'],
    ['bare', '[NaN,-Infinity,-0]'],
  ] as const)(
    'V2 rule 12: NaN and the infinities are answered in JSON as --json-nan=%s says',
    async (jsonNan, data) => {
      const { app } = await startIdentity(1, 3, { jsonNan })
      const input = { name: 'x', shape: [1, 3], datatype: 'FP32', parameters: { binary_data_size: 12 } }
      const head = JSON.stringify({ inputs: [input] })
      const { payload } = await app.inject({
        method: 'POST',
        url: '/v2/models/m/infer',
        payload: Buffer.concat([Buffer.from(head), Buffer.from(Float32Array.of(Number.NaN, -Infinity, -0).buffer)]),
        headers: { [LENGTH]: String(head.length) },
      })
      expect(payload).toContain(`"data":${data}`)
    },
  )

  test.each([
    ['null', '[null,null,1]', '[null,null,1]'],
    ['string', '["NaN","-Infinity","Infinity"]', '["NaN","-Infinity","Infinity"]'],
    ['bare', '[NaN,-Infinity,Infinity]', '[NaN,-Infinity,Infinity]'],
  ] as const)(
    'V2 rule 12: NaN and the infinities are read from JSON as --json-nan=%s says',
    async (jsonNan, sent, data) => {
      const { app } = await startIdentity(1, 3, { jsonNan })
      const payload = `{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":${sent}}]}`
      const nested = `{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[${sent}]}]}`
      for (const body of [payload, nested]) {
        const reply = await app.inject({ method: 'POST', url: '/v2/models/m/infer', payload: body })
        expect(reply.payload).toContain(`"data":${data}`)
      }
    },
  )

  test.each<[string, object, string]>([
    ['an unknown input', { inputs: [{ ...FLOWER, name: 'Y' }] }, 'inputs[0].name: "Y" is no input'],
    ['an input that is given twice', { inputs: [FLOWER, FLOWER] }, 'inputs[1].name: "X" is given twice'],
    ['an unknown output', { inputs: [FLOWER], outputs: [{ name: 'y' }] }, 'outputs[0].name: "y" is no output'],
    ['another datatype', { inputs: [{ ...FLOWER, datatype: 'FP32' }] }, 'inputs[0].datatype: expected "FP64"'],
    ['another shape', { inputs: [{ ...FLOWER, shape: [4] }] }, 'inputs[0].shape: expected shape'],
    [
      'a batch that is too large',
      { inputs: [{ ...FLOWER, shape: [1001, 4] }] },
      'inputs[0].shape: expected at most 1000 rows',
    ],
  ])('V2 rule 13: %s is refused', async (_case, body, error) => {
    expect(await infer(await startApp(), body)).toMatchObject(refused(error))
  })

  test('V2 rule 14: each kind of failure has its status', async () => {
    const started = await startApp()
    expect((await get(started, '/v2/nothing')).status).toBe(404)
    expect((await get(started, '/v2/models/iris/infer')).status).toBe(405)
    expect(await infer(started, Buffer.from('{'))).toMatchObject(refused('the body is not valid JSON'))
    const unready = await infer(await startApp({ isLoading: true }), { inputs: [FLOWER] })
    expect(unready).toMatchObject({ status: 503, body: { error: 'model iris version 1 is still loading' } })
    // A microsecond has passed before anything can be computed.
    const late = await infer(started, { inputs: [FLOWER], parameters: { timeout: 1 } })
    expect(late).toMatchObject({ status: 504, body: { error: expect.stringContaining('not computed') } })
  })

  test('V2 rule 15: error texts have the words that examples of clients search for', async () => {
    const files = { 'bad.onnx': 'x', 'good.onnx': { model: 'regressor' } }
    const started = await startApp({ serverName: 'triton', folder: createFolder(files) })
    expect((await get(started, '/v2')).body).toMatchObject({ name: 'triton' })
    expect((await get(started, '/v2/models/x')).body).toEqual({
      error: expect.stringMatching(/^Request for unknown model/),
    })
    expect((await post(started, '/v2/repository/models/x/load', '')).body.error).toContain('failed to load')
    expect((await infer(started, { inputs: [] }, {}, 'bad')).body.error).toContain('failed to load')
  })

  test('V2 rule 17: the priority orders the queue', async () => {
    const started = await startApp({ folder: createFolder({ 'slow.onnx': { model: 'slow' } }) })
    const order: string[] = []
    const send = async (name: string, iterations: number, priority: number): Promise<void> => {
      const input = { name: 'iterations', shape: [1, 1], datatype: 'INT64', data: [iterations] }
      const { status } = await infer(started, { inputs: [input], parameters: { priority } }, {}, 'slow')
      order.push(`${name} ${status}`)
    }
    const first = send('first', 3000, 0)
    await Promise.all([first, send('low', 300, 0), send('lower', 300, 9), send('high', 300, 1), send('next', 300, 2)])
    // The first may have begun before the others came.
    const waited = order.filter((each) => !each.startsWith('first'))
    expect(waited).toEqual(['high 200', 'next 200', 'lower 200', 'low 200'])
  })

  test('V2 rule 17: parameters of sequences and headers are ignored, names that Triton reserves are refused', async () => {
    const started = await startApp()
    const send = (parameters: object) => infer(started, { inputs: [FLOWER], parameters })
    const others = { sequence_id: 7, sequence_start: true, sequence_end: true, headers: 'x' }
    expect((await send(others)).status).toBe(200)
    expect(await send({ triton_enable_empty_final_response: true })).toMatchObject(refused('are reserved'))
  })

  test('V2 rule 18: the server lists the statistics extension, and a model has the fields that perf_analyzer reads', async () => {
    const started = await startApp()
    expect((await get(started, '/v2')).body).toMatchObject({ extensions: expect.arrayContaining(['statistics']) })
    const config = {
      max_batch_size: 1000,
      input: [{ name: 'X' }],
      output: [{ name: 'label' }, { name: 'probabilities' }],
    }
    expect((await get(started, '/v2/models/iris/config')).body).toMatchObject(config)
    const stats = { name: 'iris', version: '1', inference_count: 0, inference_stats: { queue: { count: 0, ns: 0 } } }
    expect((await get(started, '/v2/models/iris/stats')).body).toMatchObject({ model_stats: [stats] })
  })

  test('V2 rule 19: the example of the specification, three BOOL with one element, is refused', async () => {
    const started = await startIdentity(BOOL, 3)
    const input = { name: 'x', shape: [1, 3], datatype: 'BOOL', data: [true] }
    expect(await infer(started, { inputs: [input] }, {}, 'm')).toMatchObject(refused('takes 3 elements, got 1'))
    const whole = { inputs: [{ ...input, data: [true, false, true] }] }
    expect((await infer(started, whole, {}, 'm')).body.outputs[0].data).toEqual([true, false, true])
  })
})
