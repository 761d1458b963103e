import { connect } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createTally, keepAsking, settledOf } from '../support/clients.ts'
import { createFolder } from '../support/folders.ts'
import { get, post } from '../support/http.ts'
import { startServer } from '../support/server-process.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

const QUEUED = 8
const COMPUTED = 1000
// Some 15 milliseconds each.
const BODY = '{"iterations":100}'

async function startSlow(...args: string[]): Promise<ServerProcess> {
  const folder = createFolder({ 'slow.onnx': { model: 'slow' } })
  return startServer({ args: ['--model-dir', folder, '--workers=1', ...args] })
}

function answered(server: ServerProcess, status: number) {
  return server.lines.filter((line) => line.msg === 'request' && line['status'] === status)
}

test('with a full queue every request is answered or refused, and probes do not wait', async () => {
  const server = await startSlow(`--max-queued=${QUEUED}`)
  const tally = createTally()
  const computed = (): number => tally.statuses.get(200) ?? 0
  const isOver = () => computed() >= COMPUTED
  const asking = { port: Number(new URL(server.url).port), path: '/predict', body: BODY, isOver }
  const clients = Array.from({ length: 32 }, () => keepAsking(asking, tally))
  // How many predictions were answered while a probe waited.
  const probes: number[] = []
  while (!isOver()) {
    const before = computed()
    expect((await get(`${server.url}/health`)).status).toBe(200)
    probes.push(computed() - before)
  }
  await Promise.all(clients)
  const { statuses, sent } = tally
  expect(settledOf(tally)).toBe(sent)
  expect(new Set(statuses.keys())).toEqual(new Set([200, 429]))
  expect(statuses.get(429)).toBeGreaterThan(100)
  // The last lines come with the last answers.
  for (const [status, count] of statuses) {
    await waitFor(() => expect(answered(server, Number(status)), `${status}`).toHaveLength(count))
  }
  for (const line of answered(server, 429)) expect(line).not.toHaveProperty('computeMs')
  // One that waits for its turn comes behind a whole queue.
  expect(probes.toSorted((a, b) => a - b)[probes.length >> 1]).toBeLessThan(QUEUED / 2)
  expect((await post(`${server.url}/predict`, { iterations: 1 })).status).toBe(200)
}, 120_000)

test('waiting requests of hundreds of clients that leave are never computed, and other requests are answered', async () => {
  const server = await startSlow('--max-queued=1000')
  const { port, hostname } = new URL(server.url)
  const open = async (body: string) => {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    const head = `POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
    await new Promise((resolve) => socket.write(`${head}\r\n\r\n${body}`, resolve))
    return socket
  }
  // Takes the only thread while the others queue up. What came before a probe that is answered has been read.
  const first = await open('{"iterations":20000}')
  await get(`${server.url}/health`)
  await get(`${server.url}/health`)
  const leaving = await Promise.all(Array.from({ length: 400 }, () => open(BODY)))
  const staying = Array.from({ length: 10 }, () => post(`${server.url}/predict`, { iterations: 1 }))
  for (const socket of leaving) socket.destroy()
  for (const { status } of await Promise.all(staying)) expect(status).toBe(200)
  first.destroy()
  await waitFor(() => expect(server.lines.filter(({ msg }) => msg === 'request')).toHaveLength(411))
  expect(answered(server, 200)).toHaveLength(11)
  const cancelled = answered(server, 499)
  expect(cancelled).toHaveLength(400)
  expect(cancelled.filter((line) => 'computeMs' in line)).toEqual([])
}, 60_000)
