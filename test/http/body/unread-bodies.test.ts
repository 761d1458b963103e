import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { startApp } from '../../support/app.ts'

const TOO_LARGE = 12_000_000

async function listen() {
  const { app } = await startApp()
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

describe('a body over the limit', () => {
  const length = `content-length: ${TOO_LARGE}`
  test.each([
    ['with its length', length],
    ['with connection: close', `${length}\r\nconnection: close`],
    ['in chunks', 'transfer-encoding: chunked'],
  ])('a client that sends a whole body over the limit %s can still read the refusal', async (_case, headers) => {
    const socket = connect(await listen(), '127.0.0.1')
    socket.write(`POST /predict HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`)
    const isChunked = headers.includes('chunked')
    const part = ' '.repeat(100_000)
    for (let sent = 0; sent < TOO_LARGE; sent += part.length) {
      if (!socket.write(isChunked ? `186a0\r\n${part}\r\n` : part)) await once(socket, 'drain')
    }
    if (isChunked) socket.write('0\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /)
    expect(String(answer)).toContain('BODY_TOO_LARGE')
    socket.destroy()
  })

  test('a body over the limit is refused before it is sent if the client expects 100 Continue', async () => {
    const socket = connect(await listen(), '127.0.0.1')
    socket.write(
      `POST /predict HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: ${TOO_LARGE}\r\n\r\n`,
    )
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toContain('connection: close')
  })
})

test('a client that expects 100 Continue gets it for a body within the limit', async () => {
  const socket = connect(await listen(), '127.0.0.1')
  const body = '[[5.1,3.5,1.4,0.2]]'
  socket.write(
    `POST /predict HTTP/1.1\r\nhost: h\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
  )
  const [first] = (await once(socket, 'data')) as [Buffer]
  expect(String(first)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  socket.write(body)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /)
})

test.each(['/predict', '/v1/models/iris:predict', '/v2/models/iris/infer', '/invocations'])(
  'a body for %s whose charset is not UTF-8 is refused',
  async (path) => {
    const { server } = await startApp()
    for (const type of ['application/json; charset=utf-16', 'text/csv; charset="latin1"']) {
      const reply = await request(server).post(path).set('content-type', type).send('[]')
      expect(reply.status).toBe(415)
      expect(reply.text).toContain('send it in UTF-8')
    }
    const reply = await request(server).post(path).set('content-type', 'application/json; charset="UTF-8"').send('[]')
    expect(reply.status).not.toBe(415)
  },
)
