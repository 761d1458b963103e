import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import request from 'supertest'
import { describe, expect, test, vi } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { FLOWER } from '../support/iris.ts'
import { waitUntil } from '../support/wait.ts'

const JSON_TYPE = ['content-type', 'application/json'] as const

describe('errors', () => {
  test('an error names the element, the expected value and the value that came', async () => {
    const { server } = await startApp()
    const instances = [FLOWER, FLOWER, FLOWER, { ...FLOWER, sepal_width: 'wide' }]
    const { body } = await request(server).post('/predict').send({ instances }).expect(400)
    expect(body).toEqual({
      error: 'instances[3].sepal_width: expected a number, got "wide"',
      code: 'INVALID_INPUT',
      details: [{ path: 'instances[3].sepal_width', message: 'expected a number, got "wide"' }],
    })
  })

  test.each<[string, number, string, RegExp, (server: Parameters<typeof request>[0]) => request.Test]>([
    [
      'malformed JSON',
      400,
      'INVALID_INPUT',
      /not valid JSON/,
      (s) =>
        request(s)
          .post('/predict')
          .set(...JSON_TYPE)
          .send('{"a":'),
    ],
    [
      'an empty body',
      400,
      'INVALID_INPUT',
      /the body is empty/,
      (s) =>
        request(s)
          .post('/predict')
          .set(...JSON_TYPE),
    ],
    ['a request without a body', 400, 'INVALID_INPUT', /the body is empty/, (s) => request(s).post('/predict')],
    [
      'a body with another content-type',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      /expected the header "content-type: application\/json" or "text\/csv", got "text\/plain"/,
      (s) => request(s).post('/predict').type('text/plain').send('5.1'),
    ],
    [
      'a compressed body',
      415,
      'UNSUPPORTED_ENCODING',
      /content-encoding "gzip" is not supported/,
      (s) =>
        request(s)
          .post('/predict')
          .set(...JSON_TYPE)
          .set('content-encoding', 'gzip')
          .send('{}'),
    ],
    [
      'a body over the limit',
      413,
      'BODY_TOO_LARGE',
      /larger than 100000 bytes/,
      (s) =>
        request(s)
          .post('/predict')
          .set(...JSON_TYPE)
          .send(`["${'x'.repeat(100_000)}"]`),
    ],
    [
      'an unknown model',
      404,
      'MODEL_NOT_FOUND',
      /no model is named "rose"; served: iris/,
      (s) => request(s).post('/models/rose/predict').send(FLOWER),
    ],
    [
      'an unknown version',
      404,
      'MODEL_NOT_FOUND',
      /iris has no version "2"; served: 1/,
      (s) => request(s).post('/models/iris/versions/2/predict').send(FLOWER),
    ],
    [
      'an unknown path',
      404,
      'NOT_FOUND',
      /no route POST "\/predictions"/,
      (s) => request(s).post('/predictions?x=1').send(FLOWER),
    ],
    [
      'a wrong method',
      405,
      'METHOD_NOT_ALLOWED',
      /GET is not allowed here: use POST/,
      (s) => request(s).get('/predict'),
    ],
    [
      'a wrong method with a CSV body',
      405,
      'METHOD_NOT_ALLOWED',
      /PUT is not allowed here: use GET, HEAD/,
      (s) => request(s).put('/health').type('text/csv').send('a'),
    ],
    ['a path that is no valid URL', 400, 'BAD_URL', /not a valid URL/, (s) => request(s).get('/models/%zz')],
    ['a model name of 300 characters', 404, 'NOT_FOUND', /./, (s) => request(s).get(`/models/${'x'.repeat(300)}`)],
  ])('%s is answered with %i', async (_case, status, code, message, send) => {
    const { server, lines } = await startApp()
    const reply = await send(server)
    expect(reply.status).toBe(status)
    expect(reply.body).toMatchObject({ code, error: expect.stringMatching(message), details: expect.any(Array) })
    expect(reply.headers['x-request-id']).toBeTruthy()
    expect(reply.text).not.toMatch(/node_modules|\.ts:|\.js:|at /)
    expect(lines.filter(({ level }) => level === 50)).toEqual([])
  })

  test('the answer to a wrong method lists the permitted methods', async () => {
    const { server } = await startApp()
    const reply = await request(server).delete('/models/iris')
    expect(reply.headers['allow']).toBe('GET, HEAD')
  })

  test('a bug is answered with 500 and a request id, and only the log has the details', async () => {
    const { server, registry, lines } = await startApp()
    vi.spyOn(registry.get(), 'infer').mockRejectedValue(new Error('secret /path'))
    const reply = await request(server).post('/predict').set('x-request-id', 'r-1').send(FLOWER).expect(500)
    expect(reply.body).toEqual({
      error: "an internal error; look for request r-1 in the server's log",
      code: 'INTERNAL',
      details: [],
    })
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 50, reqId: 'r-1', err: expect.objectContaining({ message: 'secret /path' }) }),
    )
  })

  test('a client that leaves while it sends its body is no bug of the server', async () => {
    const { app, lines } = await startApp()
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    const head = 'POST /predict HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n'
    socket.write(`${head}{"a":`)
    await once(app.server, 'request')
    socket.destroy()
    await waitUntil(() => lines.some(({ msg }) => msg === 'request'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(lines.filter(({ msg }) => msg === 'request')).toMatchObject([{ status: 499 }])
    expect(lines.filter(({ level }) => level === 50)).toEqual([])
  })

  test('bytes that are no HTTP behind a request do not prevent its answer', async () => {
    const { app, lines } = await startApp()
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('GET /models HTTP/1.1\r\nhost: h\r\n\r\nGARBAGE\r\n\r\n')
    const answers = await text(socket)
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
    const statuses = lines.filter(({ msg }) => msg === 'request').map(({ status }) => status)
    expect(statuses).toEqual(expect.arrayContaining([200, 400]))
  })

  test('all pipelined requests of a client that leaves are logged', async () => {
    const { app, lines } = await startApp({ folder: createFolder({ 'slow.onnx': { model: 'slow' } }) })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    const head = 'POST /predict HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 19\r\n\r\n'
    socket.write(`${head}{"iterations":2000}`.repeat(3))
    const arrived = new Set<unknown>()
    app.server.on('request', (message) => arrived.add(message))
    await waitUntil(() => arrived.size === 3)
    socket.destroy()
    const left = () => lines.filter(({ status }) => status === 499)
    await waitUntil(() => left().length === 3)
  })

  test.each([
    ['a request with an unknown expectation', 'GET /health HTTP/1.1\r\nhost: h\r\nexpect: 200-ok\r\n\r\n', 417],
    ['a request without a host', 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    ['a request of HTTP/1.0 without a host', 'GET /health HTTP/1.0\r\n\r\n', 200],
    ['a request with two hosts', 'GET /health HTTP/1.1\r\nhost: a\r\nHost: b\r\nconnection: close\r\n\r\n', 400],
    ['a request with a header of 20000 characters', `GET /health HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s is answered with JSON', async (_case, bytes, status) => {
    const { app } = await startApp()
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(bytes)
    const [head, body] = (await text(socket)).split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(JSON.parse(body!)).toBeTypeOf('object')
  })

  test('bytes that are no HTTP are answered with an error of the same form', async () => {
    const { app } = await startApp()
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.end('hello\r\n\r\n')
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toEqual({
      error: 'this is no valid HTTP request',
      code: 'BAD_REQUEST',
      details: [],
    })
  })
})
