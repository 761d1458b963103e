import { connect } from 'node:net'
import { arch } from 'node:process'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startBesideIris } from '../support/beside-iris.ts'
import type { Input } from '../support/beside-iris.ts'
import { createFolder } from '../support/folders.ts'
import { get, post } from '../support/http.ts'
import { dyingOfOneValueModel, loopModel } from '../support/killer-models.ts'
import { startServer } from '../support/server-process.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

const SMALLEST = -(2 ** 31)
// With one added to it, the value that ends the model's process.
const DEADLY = -2

const value = (number: number): Input => ({ name: 'a', datatype: 'INT32', shape: [1, 1], data: [number] })

function deathsOf({ lines }: ServerProcess): number {
  return lines.filter(({ msg }) => msg?.startsWith('a worker ended')).length
}

// Only these processors fault on the division.
describe.runIf(arch === 'x64')('a request that ends its worker', () => {
  test('of 32 joined requests, only the one that ends its worker is refused', async () => {
    const folder = createFolder({
      'divider/1/model.onnx': dyingOfOneValueModel(1),
      'divider/model.json': '{"batching":{"maxBatchSize":32,"maxDelayMs":1000}}',
    })
    const server = await startServer({ args: ['--model-dir', folder, '--workers=2'] })
    const numbers = Array.from({ length: 32 }, (_, index) => (index === 17 ? DEADLY : index))
    const answers = await sendPipelined(
      server,
      '/v2/models/divider/infer',
      numbers.map((number) => ({ inputs: [value(number)] })),
    )
    for (const [index, answer] of answers.entries()) {
      const quotient = Math.trunc(SMALLEST / (index + 1))
      if (index === 17)
        expect(answer).toMatchObject({ status: 422, body: { error: expect.stringContaining('SIGFPE') } })
      else expect(answer).toMatchObject({ status: 200, body: { outputs: [{ data: [quotient] }] } })
    }
    // Once with all others, once alone. The log may come later than the answers.
    await waitFor(() => expect(deathsOf(server)).toBe(2))
    expect((await get(`${server.url}/health`)).body).toMatchObject({ status: 'ok' })
  })

  test('requests that end a worker 20 times a second are refused with Retry-After, start few processes, and do not slow other models', async () => {
    const { server, ask, answered, tally } = await startBesideIris({
      models: { divider: dyingOfOneValueModel(1) },
      args: ['--workers=2'],
      atEnd: onTestFinished,
    })
    const startedAt = performance.now()
    const isIrisAnswered = answered((tally.statuses.get(200) ?? 0) + 600)
    const replies = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await delay(50 * index)
        return ask('divider', [value(DEADLY)])
      }),
    )
    const statuses = replies.map(({ status }) => status)
    expect(statuses[0]).toBe(422)
    expect(new Set(statuses)).toEqual(new Set([422, 503]))
    for (const { status, retryAfter, body } of replies.slice(20)) {
      if (status !== 503) continue
      expect(Number(retryAfter)).toBeGreaterThan(0)
      expect(body.error).toMatch(/^the model is paused, as its requests keep ending the process that computes it/)
    }
    // Three at once, and one for each ten seconds.
    const seconds = (performance.now() - startedAt) / 1000
    expect(deathsOf(server)).toBeLessThanOrEqual(3 + Math.ceil(seconds / 10))
    expect((await get(`${server.url}/health`)).body.status).toBe('degraded')
    expect((await get(`${server.url}/models/divider`)).body).toMatchObject({ status: 'paused' })
    expect(server.lines.filter(({ msg }) => msg?.includes('it is paused for')).length).toBeGreaterThan(0)
    await isIrisAnswered
    expect([...tally.statuses.keys()]).toEqual([200])
  })
})

test('as many endless runs as workers do not slow another model', async () => {
  const folder = createFolder({
    'loop.onnx': loopModel(),
    'other/1/model.onnx': { model: 'regressor' },
    'other/model.json': '{"execution":"workers"}',
  })
  const args = ['--model-dir', folder, '--workers=2', '--max-run=60']
  const [server, usual] = await Promise.all([startServer({ args }), startServer({ args })])
  const turns = { name: 'turns', datatype: 'INT64', shape: [1], data: [String(2n ** 62n)] }
  // They end with the server.
  for (let count = 0; count < 3; count++) {
    void post(`${server.url}/v2/models/loop/infer`, { inputs: [turns] }).catch(() => undefined)
  }
  await get(`${server.url}/health`)
  const times = { beside: [] as number[], usual: [] as number[] }
  // One server has endless runs and the other has none. They take turns, so the load of the machine slows both alike.
  for (let count = 0; count < 200; count++) {
    times.beside.push(await timeOfOne(server))
    times.usual.push(await timeOfOne(usual))
  }
  const figures = Object.entries(times).map(
    ([name, ms]) => `${name} p50 ${quantile(ms, 0.5)}, p99 ${quantile(ms, 0.99)} ms`,
  )
  console.log(`another model beside endless runs, and without: ${figures.join('; ')}`)
  expect(quantile(times.beside, 0.5)).toBeLessThan(2 * quantile(times.usual, 0.99))
})

/** Measures one request, in milliseconds. */
async function timeOfOne({ url }: ServerProcess): Promise<number> {
  const startedAt = performance.now()
  expect((await post(`${url}/models/other/predict`, { x0: 1, x1: 1 })).status).toBe(200)
  return performance.now() - startedAt
}

/** Sends all bodies in one write on one connection, so that they arrive together. Answers come in the same order. */
async function sendPipelined({ url }: ServerProcess, path: string, bodies: readonly object[]): Promise<object[]> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const requests = bodies.map((body, index) => {
    const json = JSON.stringify(body)
    const end = index === bodies.length - 1 ? 'connection: close\r\n' : ''
    return `POST ${path} HTTP/1.1\r\nhost: x\r\n${end}content-length: ${json.length}\r\n\r\n${json}`
  })
  socket.write(requests.join(''))
  const answers = (await text(socket)).split(/(?=HTTP\/1\.1 )/)
  return answers.map((answer) => ({
    status: Number(answer.slice(9, 12)),
    body: JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))),
  }))
}

function quantile(times: readonly number[], share: number): number {
  return Number(times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))]!.toFixed(2))
}
