import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { ClientRequest, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import request from 'supertest'
import { describe, expect, test, vi } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { FLOWER } from '../support/iris.ts'
import { waitUntil } from '../support/wait.ts'

describe('the log', () => {
  test('the log has one line for each request, with model, version, rows, status and durations', async () => {
    const { server, lines } = await startApp()
    await request(server).post('/predict?top=3').send([FLOWER, FLOWER]).expect(200)
    expect(lines).toEqual([
      {
        level: 30,
        time: expect.any(Number),
        reqId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        method: 'POST',
        route: '/predict',
        model: 'iris',
        version: '1',
        rows: 2,
        status: 200,
        durationMs: expect.any(Number),
        queueMs: expect.any(Number),
        computeMs: expect.any(Number),
        batchSize: 2,
        msg: 'request',
      },
    ])
  })

  test('the log never has a value of a body', async () => {
    const { server, lines } = await startApp()
    await request(server)
      .post('/predict')
      .send({ ...FLOWER, sepal_width: 'my secret' })
      .expect(400)
    expect(lines).toHaveLength(1)
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  test.each([
    '/',
    '/ping',
    '/health',
    '/health/ready',
    '/health/live',
    '/v1/models/iris',
    '/v2/health/live',
    '/v2/health/ready',
    '/v2/models/iris/ready',
    '/v2/models/iris/versions/1/ready',
  ])('the probe %s is logged only at the level debug', async (path) => {
    const { server, lines } = await startApp()
    await request(server).get(path).expect(200)
    await request(server).head(path).expect(200)
    expect(lines.map(({ level }) => level)).toEqual([20, 20])
  })

  test('failed probes and other GET requests are logged at the level info', async () => {
    const ready = await startApp()
    await request(ready.server).get('/models')
    expect(ready.lines).toMatchObject([{ level: 30, route: '/models' }])
    const draining = await startApp({ isDraining: () => true })
    await request(draining.server).get('/health')
    expect(draining.lines).toMatchObject([{ level: 30, status: 503 }])
  })

  test('a request whose client leaves before its turn is logged, and never computed', async () => {
    const { app, registry, lines } = await startApp({ folder: createFolder({ 'slow.onnx': { model: 'slow' } }) })
    const infer = vi.spyOn(registry.get(), 'infer')
    await app.listen({ port: 0, host: '127.0.0.1' })
    const first = once(send(app.server, '{"iterations":3000}'), 'response')
    await waitUntil(() => infer.mock.calls.length === 1)
    const second = send(app.server, '{"iterations":1}')
    await waitUntil(() => infer.mock.calls.length === 2)
    second.destroy()
    await first
    const requests = () => lines.filter(({ msg }) => msg === 'request')
    await waitUntil(() => requests().length === 2)
    expect(requests().map(({ status }) => status)).toEqual(expect.arrayContaining([200, 499]))
    expect(lines.find(({ status }) => status === 499)).not.toHaveProperty('computeMs')
  })
})

/** A client that can be hung up. */
function send(server: Server, body: string): ClientRequest {
  const { port } = server.address() as AddressInfo
  const headers = { 'content-type': 'application/json' }
  const client = httpRequest({ port, host: '127.0.0.1', path: '/predict', method: 'POST', headers })
  client.on('error', () => undefined)
  client.on('response', (response) => response.resume())
  return client.end(body)
}

describe('the request id', () => {
  test('the request id of the client is in the answer and in the log', async () => {
    const { server, lines } = await startApp()
    const reply = await request(server).get('/models').set('x-request-id', 'order-66')
    expect(reply.headers['x-request-id']).toBe('order-66')
    expect(lines).toMatchObject([{ reqId: 'order-66' }])
  })

  test.each(['two words', 'x'.repeat(129), 'é'])(
    'the server makes a request id if the client sends the invalid id $0',
    async (id) => {
      const { server } = await startApp()
      const reply = await request(server).get('/models').set('x-request-id', Buffer.from(id).toString('latin1'))
      expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    },
  )
})
