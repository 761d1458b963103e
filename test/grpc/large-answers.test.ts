import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import protobuf from 'protobufjs'
import { expect, onTestFinished, test } from 'vitest'
import { PROTO_FILE } from '../../src/grpc/messages.ts'
import { createFolder } from '../support/folders.ts'
import { ask, startGrpc } from '../support/grpc.ts'
import { wideModel } from '../support/wide-model.ts'

const WIDTH = 1000
// Answers have four bytes a number, so 262 rows fit.
const MAX_ANSWER_BYTES = 2 ** 20
const LARGE = 200

async function open() {
  const folder = createFolder({ 'm/1/model.onnx': wideModel(WIDTH) })
  return startGrpc({ folder, maxAnswerBytes: MAX_ANSWER_BYTES, maxRows: 1000, maxQueuedRows: 10_000 })
}

const messageOf = (rows: number): object => ({
  model_name: 'm',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 1] }],
  raw_input_contents: [Buffer.alloc(4 * rows)],
})

test('a too long answer of gRPC is refused, and the error has the number of rows that fit', async () => {
  const { client } = await open()
  const { code, details } = await ask(client, 'ModelInfer', messageOf(500))
  expect(code).toBe('RESOURCE_EXHAUSTED')
  expect(details).toMatch(/send at most 262 rows in one request$/)
  expect((await ask(client, 'ModelInfer', messageOf(262))).code).toBe('OK')
  expect((await ask(client, 'ModelInfer', messageOf(263))).code).toBe('RESOURCE_EXHAUSTED')
})

const Request = new protobuf.Root().loadSync(PROTO_FILE, { keepCase: true }).lookupType('inference.ModelInferRequest')

/** Asks for a long answer, none of which the connection takes. */
function askUnread(session: ClientHttp2Session, method: string, messages = 1): ClientHttp2Stream {
  const path = `/inference.GRPCInferenceService/${method}`
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const bytes = Request.encode(Request.fromObject(messageOf(LARGE))).finish()
  const head = Buffer.alloc(5)
  head.writeUInt32BE(bytes.length, 1)
  for (let sent = 0; sent < messages; sent++) stream.write(Buffer.concat([head, bytes]))
  stream.end()
  return stream
}

test.each([
  ['calls', 'ModelInfer', 1, 2],
  ['streams', 'ModelStreamInfer', 2, 1],
])(
  'unread long answers of gRPC %s are limited together, and a client that leaves makes room',
  async (_name, method, messages, calls) => {
    const { client, port } = await open()
    const session = connectHttp2(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 0 } })
    onTestFinished(() => session.destroy())
    const unread = Array.from({ length: calls }, () => askUnread(session, method, messages))
    await Promise.all(unread.map((stream) => once(stream, 'response')))
    const askAgain = async (rows: number): Promise<string> => (await ask(client, 'ModelInfer', messageOf(rows))).code
    await expect.poll(() => askAgain(LARGE)).toBe('RESOURCE_EXHAUSTED')
    expect(await askAgain(1)).toBe('OK')
    for (const stream of unread) stream.close()
    await expect.poll(() => askAgain(LARGE)).toBe('OK')
  },
)

test('a gRPC answer that is read makes room for the next one', async () => {
  const { client } = await open()
  for (let asked = 0; asked < 5; asked++) expect((await ask(client, 'ModelInfer', messageOf(LARGE))).code).toBe('OK')
})
