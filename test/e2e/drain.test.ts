import { expect, test } from 'vitest'
import { keepAsking } from '../support/clients.ts'
import type { Statuses } from '../support/clients.ts'
import { createFolder } from '../support/folders.ts'
import { startServer } from '../support/server-process.ts'

const RUNS = 50
const CLIENTS = 32
// Some 15 milliseconds each, so that all threads compute and the queue is full when the signal comes.
const BODY = '{"iterations":100}'

test(`stopping under load loses nothing, in ${RUNS} runs`, async () => {
  const folder = createFolder({ 'slow.onnx': { model: 'slow' } })
  for (let run = 0; run < RUNS; run++) {
    const server = await startServer({ args: ['--model-dir', folder, '--workers=2', '--max-queued=20'] })
    const statuses: Statuses = new Map()
    const clients = Array.from({ length: CLIENTS }, () => keepAsking(server.url, BODY, statuses))
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
