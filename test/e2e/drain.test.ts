import { expect, test } from 'vitest'
import { createTally, keepAsking, settledOf } from '../support/clients.ts'
import { createFolder } from '../support/folders.ts'
import { startServer } from '../support/server-process.ts'

const RUNS = 50
const CLIENTS = 32
// Some 15 milliseconds each, so that all threads compute and the queue is full when the signal comes.
const BODY = '{"iterations":100}'

test(`stopping under load loses nothing, in ${RUNS} runs`, async () => {
  const folder = createFolder({ 'slow.onnx': { model: 'slow' } })
  let [sent, cut] = [0, 0]
  for (let run = 0; run < RUNS; run++) {
    const server = await startServer({ args: ['--model-dir', folder, '--workers=2', '--max-queued=20'] })
    const tally = createTally()
    const clients = Array.from({ length: CLIENTS }, () => keepAsking(server.url, BODY, tally))
    await server.line(({ status }) => status === 200)
    server.kill('SIGTERM')
    expect(await server.exited, `run ${run}`).toEqual({ code: 0, signal: null })
    await Promise.all(clients)
    expect(server.stderr()).toBe('')
    expect(settledOf(tally)).toBe(tally.sent)
    // A connection that clients had kept is never cut.
    expect(tally.cut.kept, `run ${run}`).toBe(0)
    sent += tally.sent
    cut += tally.cut.made
    // What the server says it answered, and what the clients got, is the same; nothing it took was cut off.
    for (const status of [200, 429, 499, 500, 503]) {
      const logged = server.lines.filter((line) => line.msg === 'request' && line['status'] === status)
      expect(logged.length, `status ${status} in run ${run}`).toBe(tally.statuses.get(status) ?? 0)
    }
  }
  // Between the last look for new connections and the end of listening a few may still be made.
  expect(cut).toBeLessThan(sent / 100)
}, 240_000)
