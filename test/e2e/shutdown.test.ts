import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { get } from '../support/http.ts'
import { endlessAtLoadModel } from '../support/killer-models.ts'
import { insist, startServer } from '../support/server-process.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { waitUntil } from '../support/wait.ts'

const SLOW_MS = 0.15

async function startSlow(...args: string[]): Promise<ServerProcess> {
  return startServer({
    args: ['--model-dir', createFolder({ 'slow.onnx': { model: 'slow' } }), '--workers=1', ...args],
  })
}

/** Whether a connection of its own is refused; fetch would take one that is still open. */
async function isRefused({ url }: ServerProcess): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const error = await once(socket, 'connect').catch((reason: NodeJS.ErrnoException) => reason)
  socket.destroy()
  return 'code' in error && error.code === 'ECONNREFUSED'
}

/** Sends a request that computes for about `ms`, and waits until it does. */
async function compute(server: ServerProcess, ms: number): Promise<{ answer: Promise<string> }> {
  const socket = await openSocket(server)
  await send(socket, toRequest(Math.round(ms / SLOW_MS)))
  await untilRead(server)
  return { answer: text(socket).catch(() => '') }
}

async function openSocket({ url }: ServerProcess): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  return socket.on('error', () => undefined)
}

function toRequest(iterations: number): string {
  const body = JSON.stringify({ iterations })
  const head = 'POST /predict HTTP/1.1\r\nhost: h\r\ncontent-type: application/json'
  return `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

/** Resolves when the system has all of it. */
function send(socket: Socket, bytes: string): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()))
}

/** The server looks at all sockets in turn: what had been sent before it answers two probes has been read. */
async function untilRead({ url }: ServerProcess): Promise<void> {
  for (let probe = 0; probe < 2; probe++) await get(`${url}/health/live`)
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('on a signal the server becomes unready, answers accepted requests, and exits 0', async () => {
    const server = await startSlow('--shutdown-delay=2')
    const { answer } = await compute(server, 1500)
    server.kill(signal)
    await server.line(({ msg }) => msg?.startsWith('shutting down') ?? false)
    expect(await get(`${server.url}/health`)).toMatchObject({
      status: 503,
      body: { status: 'draining', model_loaded: false },
    })
    expect(await get(`${server.url}/health/live`)).toMatchObject({ status: 200 })
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(server.stderr()).toBe('')
  })
})

test('requests that arrive during the shutdown delay are answered with Connection: close', async () => {
  const server = await startSlow('--shutdown-delay=2')
  server.kill('SIGTERM')
  await server.line(({ msg }) => msg?.startsWith('shutting down') ?? false)
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(`${server.url}/predict`, { method: 'POST', headers, body: '{"iterations":1}' })
  expect(reply.status).toBe(200)
  expect(reply.headers.get('connection')).toBe('close')
  expect(await server.exited).toEqual({ code: 0, signal: null })
})

test('without a shutdown delay, new connections are refused while accepted requests are computed', async () => {
  const server = await startSlow()
  const { answer } = await compute(server, 1000)
  server.kill('SIGTERM')
  await server.line(({ msg }) => msg?.startsWith('shutting down') ?? false)
  await waitUntil(() => isRefused(server))
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(await server.exited).toEqual({ code: 0, signal: null })
})

test.each([
  ['nothing', ''],
  ['half a head', 'GET /health HT'],
])('a connection that has sent %s does not hold up the exit', async (_what, bytes) => {
  const server = await startSlow()
  await send(await openSocket(server), bytes)
  await untilRead(server)
  server.kill('SIGTERM')
  expect(await server.exited).toEqual({ code: 0, signal: null })
})

test('a request whose body never becomes complete is answered, and does not hold up the exit', async () => {
  const server = await startSlow()
  const socket = await openSocket(server)
  await send(socket, toRequest(1).slice(0, -1))
  await untilRead(server)
  server.kill('SIGTERM')
  const answer = await text(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 503 /)
  expect(answer).toContain('the server stops, and the rest of the body has not come: send the request again')
  expect(await server.exited).toEqual({ code: 0, signal: null })
  expect(server.lines).toContainEqual(expect.objectContaining({ msg: 'request', status: 503 }))
})

test.each([
  [1, 4, 2000],
  [92, 10, 5],
])('on %i connections all of %i pipelined requests are answered', async (connections, requests, iterations) => {
  const server = await startSlow('--max-queued=1000')
  const sockets = await Promise.all(Array.from({ length: connections }, () => openSocket(server)))
  const answers = sockets.map((socket) => text(socket))
  await Promise.all(sockets.map((socket) => send(socket, toRequest(iterations).repeat(requests))))
  await untilRead(server)
  server.kill('SIGTERM')
  for (const answer of await Promise.all(answers)) {
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(requests)
    // Clients send nothing more behind the answer that says so.
    expect([...answer.matchAll(/connection: close/gi)].length).toBeLessThanOrEqual(1)
  }
  expect(await server.exited).toEqual({ code: 0, signal: null })
  const answered = server.lines.filter(({ msg, status }) => msg === 'request' && status === 200)
  expect(answered).toHaveLength(connections * requests)
})

test('a stop while models load exits cleanly', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`m${index}.onnx`, { model: 'every-type' }]),
  )
  const server = await startServer({ args: ['--model-dir', createFolder(files)], until: /^listening/ })
  server.kill('SIGTERM')
  expect(await server.exited).toEqual({ code: 0, signal: null })
  expect(server.stderr()).toBe('')
})

test('a stop does not wait for a model whose load never ends', async () => {
  const files = { 'endless.onnx': endlessAtLoadModel(), 'slow.onnx': { model: 'slow' } }
  const server = await startServer({ args: ['--model-dir', createFolder(files)], until: /^listening/ })
  server.kill('SIGTERM')
  // At the deadline of 25 seconds the code would be 1.
  expect(await server.exited).toEqual({ code: 0, signal: null })
  expect(server.lines.at(-1)).toMatchObject({ msg: 'stopped' })
  expect(server.lines.filter(({ msg }) => msg?.startsWith('ready'))).toEqual([])
})

describe('giving up', () => {
  test.each<[string, string[]]>([
    ['a second signal', []],
    ['the deadline', ['--shutdown-deadline=0.1']],
  ])('at %s the server gives up with exit code 1, although a model computes', async (_case, args) => {
    const server = await startSlow(...args)
    await compute(server, 2400)
    server.kill('SIGTERM')
    await server.line(({ msg }) => msg?.startsWith('shutting down') ?? false)
    if (args.length === 0) await insist(server, 'SIGINT')
    expect(await server.exited).toEqual({ code: 1, signal: null })
    expect(server.stderr()).toBe('')
    expect(server.lines).toContainEqual(expect.objectContaining({ level: 60, msg: expect.stringMatching(/given up$/) }))
  })

  test('the server gives up with exit code 1 while a model computes for long', async () => {
    const server = await startSlow()
    await compute(server, 60_000)
    server.kill('SIGTERM')
    await insist(server, 'SIGTERM')
    expect(await server.exited).toEqual({ code: 1, signal: null })
  })

  test('the server gives up with exit code 1 while a client delays the rest of its request', async () => {
    const server = await startSlow('--shutdown-deadline=0.3')
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) })
    const headers = { 'content-type': 'application/json' }
    const half = fetch(`${server.url}/predict`, { method: 'POST', headers, body, duplex: 'half' })
    half.catch(() => undefined)
    await get(`${server.url}/health`)
    server.kill('SIGTERM')
    expect(await server.exited).toEqual({ code: 1, signal: null })
    await expect(half).rejects.toThrow('fetch failed')
  })
})
