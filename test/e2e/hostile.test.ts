import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { deflateSync, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/ports.ts'
import { startServer } from '../support/server-process.ts'

// The default limit of a body.
const LIMIT = 8 * 2 ** 20
// With 256 MB for JavaScript, as in a container of 512: what a body of the limit's size may take beside.
const HEAP_MB = 256
const MAX_RESIDENT_MB = HEAP_MB + (48 * LIMIT) / 2 ** 20

/** As large as a body may be, and mostly the same. */
function full(head: string, unit: string, tail: string): string {
  const count = Math.floor((LIMIT - head.length - tail.length) / unit.length)
  return head + unit.repeat(count).replace(/,$/, '') + tail
}

const data = (unit: string): string =>
  full('{"inputs":[{"name":"X","shape":[1,4],"datatype":"FP64","data":[', unit, ']}]}')
const manyKeys = `{${Array.from({ length: 900_000 }, (_, index) => `"${index.toString(36)}":0`).join(',')}}`
const tensor = (more: string): string => `{"inputs":[{"name":"X","datatype":"FP64",${more}}]}`

const V2 = '/v2/models/iris/infer'
const BODIES: readonly (readonly [string, string, string | Buffer, Record<string, string>?])[] = [
  ['millions of numbers', V2, data('0,')],
  ['millions of arrays', V2, data('[],')],
  ['millions of objects', V2, data('{},')],
  ['as many objects as may be', V2, data('{"a":0},')],
  ['millions of texts', V2, data('"",')],
  ['numbers of twenty digits', V2, data('12345678901234567890,')],
  ['nested arrays', V2, data('[[[0]]],')],
  ['a depth of ten thousand', V2, tensor(`"shape":[1,4],"data":${'['.repeat(10_000)}0${']'.repeat(10_000)}`)],
  ['a depth of millions', V2, '['.repeat(LIMIT)],
  ['a depth of objects', V2, '{"a":'.repeat(10_000)],
  ['2^31 elements', V2, tensor('"shape":[2147483648],"data":[0]')],
  ['2^31 rows and columns', V2, tensor('"shape":[2147483648,2147483648,2147483648],"data":[0]')],
  ['2^31 rows as bytes', V2, tensor('"shape":[2147483648,4],"parameters":{"binary_data_size":0}')],
  ['millions of dimensions', V2, full('{"inputs":[{"name":"X","datatype":"FP64","data":[],"shape":[', '1,', ']}]}')],
  ['millions of inputs', V2, full('{"inputs":[', '{},', ']}')],
  ['millions of outputs', V2, full('{"inputs":[],"outputs":[', '{"name":"label"},', ']}')],
  ['a million keys', V2, manyKeys],
  ['a binary size that lies', V2, tensor('"shape":[1,4],"parameters":{"binary_data_size":1e300}')],
  ['a JSON length that lies', V2, '{}', { 'inference-header-content-length': '1000000' }],
  ['a tensor cut off', V2, Buffer.alloc(31), { 'inference-header-content-length': '0' }],
  ['a gigabyte in gzip', V2, gzipSync(Buffer.alloc(10 ** 9)), { 'content-encoding': 'gzip' }],
  ['a gigabyte deflated', V2, deflateSync(Buffer.alloc(10 ** 9)), { 'content-encoding': 'deflate' }],
  ['gzip of what is no JSON', V2, gzipSync('x'), { 'content-encoding': 'gzip' }],
  ['gzip that is cut off', V2, gzipSync(data('0,')).subarray(0, 5000), { 'content-encoding': 'gzip' }],
  ['no gzip', V2, 'x', { 'content-encoding': 'gzip' }],
  ['millions of rows', '/predict', full('[', '1,', ']')],
  ['millions of records', '/predict', full('{"instances":[', '{},', ']}')],
  ['a million unknown features', '/predict', manyKeys],
  ['a long text', '/predict', `{"é":"${'é'.repeat(LIMIT / 2 - 10)}"}`],
  ['millions of instances', '/v1/models/iris:predict', full('{"instances":[', '0,', ']}')],
  ['a header of millions of cells', '/invocations', ','.repeat(LIMIT), { 'content-type': 'text/csv' }],
  ['millions of rows of CSV', '/invocations', 'a\n'.repeat(LIMIT / 2), { 'content-type': 'text/csv' }],
  ['a quote that never ends', '/invocations', '"'.repeat(LIMIT - 1), { 'content-type': 'text/csv' }],
  ['millions of missing values', '/invocations', full('{"instances":[', 'NaN,', ']}')],
  ['a missing value among quotes', '/invocations', `NaN${'"\\"'.repeat(LIMIT / 3 - 1)}`],
  ['millions of lines', '/invocations', '[]\n'.repeat(LIMIT / 3), { 'content-type': 'application/jsonlines' }],
]

/** A field of protocol buffers that holds bytes. */
function field(number: number, content: Uint8Array): Buffer {
  const length: number[] = []
  let rest = content.length
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), content])
}

const ROOM = LIMIT - 200
const repeated = (...bytes: number[]): Buffer =>
  Buffer.alloc(Math.floor(ROOM / bytes.length) * bytes.length, Buffer.from(bytes))
const input = (rest: Buffer): Buffer => {
  const named = [field(1, Buffer.from('X')), field(2, Buffer.from('FP64')), rest]
  return Buffer.concat([field(1, Buffer.from('iris')), field(5, Buffer.concat(named))])
}
const SHAPE = field(3, Buffer.from([1, 4]))
const HUGE = field(3, Buffer.from([0x80, 0x80, 0x80, 0x80, 8, 4]))

interface Framing {
  readonly flag?: number
  readonly length?: number
  readonly headers?: Record<string, string>
}

const GZIP = { flag: 1, headers: { 'grpc-encoding': 'gzip' } }
const INVALID_ARGUMENT = '3'
const RESOURCE_EXHAUSTED = '8'
// What the library answers with to broken frames and to what it cannot decompress.
const UNIMPLEMENTED = '12'
const INTERNAL = '13'

const MESSAGES: readonly (readonly [string, string, Buffer, Framing?])[] = [
  ['millions of inputs', INVALID_ARGUMENT, repeated(0x2a, 0)],
  ['millions of outputs', INVALID_ARGUMENT, repeated(0x32, 0)],
  ['millions of parameters', INVALID_ARGUMENT, repeated(0x22, 0)],
  ['millions of raw contents', INVALID_ARGUMENT, repeated(0x3a, 0)],
  ['millions of dimensions', INVALID_ARGUMENT, input(field(3, repeated(0)))],
  ['2^31 rows', INVALID_ARGUMENT, input(HUGE)],
  [
    'millions of numbers',
    INVALID_ARGUMENT,
    input(Buffer.concat([SHAPE, field(5, field(7, repeated(0, 0, 0, 0, 0, 0, 0, 0)))])),
  ],
  [
    'millions of numbers of another type',
    INVALID_ARGUMENT,
    input(Buffer.concat([SHAPE, field(5, field(3, repeated(0)))])),
  ],
  ['millions of texts', INVALID_ARGUMENT, input(Buffer.concat([SHAPE, field(5, repeated(0x42, 0))]))],
  ['a length that lies', INVALID_ARGUMENT, Buffer.from([0x2a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
  ['a message longer than it is', UNIMPLEMENTED, Buffer.alloc(3), { length: 1000 }],
  ['a message of four gigabytes', RESOURCE_EXHAUSTED, Buffer.alloc(3), { length: 2 ** 32 - 1 }],
  ['a message shorter than it is', UNIMPLEMENTED, Buffer.alloc(100), { length: 3 }],
  ['a gigabyte in gzip', RESOURCE_EXHAUSTED, gzipSync(Buffer.alloc(10 ** 9)), GZIP],
  ['no gzip', INTERNAL, Buffer.from('hello'), GZIP],
  ['a compression nobody knows', UNIMPLEMENTED, Buffer.from('hello'), { flag: 1, headers: { 'grpc-encoding': 'zip' } }],
]

const HEAD = `POST ${V2} HTTP/1.1\r\nhost: h\r\n`
const LYING: readonly (readonly [string, RegExp])[] = [
  // What is behind the body is the beginning of another request, which is none.
  [`${HEAD}content-length: 2\r\n\r\n{}trailing`, /^HTTP\/1.1 400 [^]*HTTP\/1.1 400 /],
  [`${HEAD}content-length: 99999999999\r\n\r\n{}`, /^HTTP\/1.1 413 /],
  [`${HEAD}content-length: -1\r\n\r\n`, /^HTTP\/1.1 400 /],
  [`${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, /^HTTP\/1.1 400 /],
  [`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{}`, /^HTTP\/1.1 400 /],
]

/** What comes back until the connection ends. */
async function sendLyingLengths(url: string): Promise<string[]> {
  const { hostname, port } = new URL(url)
  const replies: string[] = []
  for (const [request] of LYING) {
    const socket = connect(Number(port), hostname)
    socket.write(request)
    replies.push(await text(socket))
  }
  return replies
}

/** The status of a call whose one frame is written by hand. */
async function callWith(
  session: ClientHttp2Session,
  message: Buffer,
  { flag = 0, length = message.length, headers }: Framing = {},
): Promise<unknown> {
  const frame = Buffer.alloc(5)
  frame[0] = flag
  frame.writeUInt32BE(length, 1)
  const path = '/inference.GRPCInferenceService/ModelInfer'
  const head = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers }
  const stream = session.request(head)
  let status: unknown
  const take = (fields: Record<string, unknown>): void => void (status = fields['grpc-status'] ?? status)
  stream.on('response', take)
  stream.on('trailers', take)
  // A refusal may come before all is sent.
  stream.on('error', () => undefined)
  stream.resume()
  stream.end(Buffer.concat([frame, message]))
  await once(stream, 'close')
  return status
}

function residentMb(pid: number): number {
  const [, peak] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(peak) / 1024
}

test('hostile bodies are refused within the limit of memory', async () => {
  const grpcPort = await freePort()
  const server = await startServer({
    args: [`--grpc-port=${grpcPort}`],
    env: { ...process.env, GRPC_PORT: '', NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` },
  })
  const answered: unknown[] = []
  for (const [what, path, body, headers] of BODIES) {
    const all = { 'content-type': 'application/json', ...headers }
    const reply = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: all,
      body: new Uint8Array(Buffer.from(body)),
    })
    answered.push([what, reply.status, await reply.json()])
  }
  const error = expect.objectContaining({ error: expect.any(String) })
  expect(answered).toEqual(BODIES.map(([what]) => [what, expect.toBeOneOf([400, 413]), error]))

  const session = connectHttp2(`http://127.0.0.1:${grpcPort}`)
  onTestFinished(() => session.destroy())
  const called: unknown[] = []
  for (const [what, , message, framing] of MESSAGES) called.push([what, await callWith(session, message, framing)])
  expect(called).toEqual(MESSAGES.map(([what, status]) => [what, status]))
  expect(await sendLyingLengths(server.url)).toEqual(LYING.map(([, status]) => expect.stringMatching(status)))

  expect((await fetch(`${server.url}/health`)).status).toBe(200)
  const resident = Math.round(residentMb(server.pid))
  console.log(`hostile bodies of up to ${LIMIT} bytes took ${resident} MB at most, of ${MAX_RESIDENT_MB}`)
  expect(resident).toBeLessThan(MAX_RESIDENT_MB)
  server.kill('SIGTERM')
  expect(await server.exited).toEqual({ code: 0, signal: null })
}, 120_000)
