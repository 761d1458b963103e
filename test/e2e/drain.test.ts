import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { startServer } from '../support/server-process.ts'

const RUNS = 50
const CLIENTS = 32
// Some 15 milliseconds each, so that all threads compute and the queue is full when the signal comes.
const BODY = '{"iterations":100}'

/** Sends one request after the other until the server takes no more; how many were answered, and with what. */
async function keepAsking(url: string, statuses: Map<number, number>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const headers = { 'content-type': 'application/json' }
  for (;;) {
    const status = await new Promise<number>((resolve) => {
      const client = request(`${url}/predict`, { method: 'POST', headers, agent }, (response) => {
        text(response).then(
          () => resolve(response.statusCode!),
          () => resolve(0),
        )
      })
      client.on('error', () => resolve(0))
      client.end(BODY)
    })
    if (status === 0) return agent.destroy()
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
}

test(`stopping under load loses nothing, in ${RUNS} runs`, async () => {
  const folder = createFolder({ 'slow.onnx': { model: 'slow' } })
  for (let run = 0; run < RUNS; run++) {
    const server = await startServer({ args: ['--model-dir', folder, '--workers=2', '--max-queued=20'] })
    const statuses = new Map<number, number>()
    const clients = Array.from({ length: CLIENTS }, () => keepAsking(server.url, statuses))
    await server.line(({ status }) => status === 200)
    server.kill('SIGTERM')
    expect(await server.exited, `run ${run}`).toEqual({ code: 0, signal: null })
    await Promise.all(clients)
    expect(server.stderr()).toBe('')
    // What the server says it answered, and what the clients got, is the same; nothing it took was cut off.
    for (const status of [200, 429, 499, 500, 503]) {
      const logged = server.lines.filter((line) => line.msg === 'request' && line['status'] === status)
      expect(logged.length, `status ${status} in run ${run}`).toBe(statuses.get(status) ?? 0)
    }
  }
}, 240_000)
