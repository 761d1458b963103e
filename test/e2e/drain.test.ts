import { expect, test } from 'vitest'
import { addAnswer, createTally, keepAsking, settledOf } from '../support/clients.ts'
import type { Asking, Tally } from '../support/clients.ts'
import { createFolder } from '../support/folders.ts'
import { ask, connect } from '../support/grpc.ts'
import { freePort } from '../support/ports.ts'
import { startServer } from '../support/server-process.ts'
import type { ServerProcess } from '../support/server-process.ts'

// `STOPS=200 npx vitest run test/e2e/drain.test.ts` prints what became of the requests of as many runs.
const STOPS = Number(process.env['STOPS'] ?? 8)
const CLIENTS = 6

const LOADS: Readonly<Record<string, Partial<Asking>>> = {
  'a connection each': { isOnce: true },
  'kept connections': {},
  'ten pipelined': { pipelined: 10 },
  'slow bodies': { bodyPauseMs: 50 },
}

type Tallies = Readonly<Record<string, Tally>>

// One is computed where requests are served. The other takes some 15 milliseconds, so that its queue is full at the signal.
const MODELS = [
  { name: 'regressor', body: '{"x0":1,"x1":1}', input: { name: 'X', datatype: 'FP32', shape: [1, 2] }, value: 'fp32' },
  {
    name: 'slow',
    body: '{"iterations":100}',
    input: { name: 'iterations', datatype: 'INT64', shape: [1, 1] },
    value: 'int64',
  },
] as const
type Model = (typeof MODELS)[number]

test(
  `stopping under load loses nothing over HTTP and gRPC, in ${STOPS} runs`,
  async () => {
    const folder = createFolder({ 'slow.onnx': { model: 'slow' }, 'regressor.onnx': { model: 'regressor' } })
    const totals = createTallies()
    for (let run = 0; run < STOPS; run++) {
      const tallies = await stopUnderLoad(folder, MODELS[run % MODELS.length]!, `run ${run}`)
      for (const [load, tally] of Object.entries(tallies)) addTally(totals[load]!, tally)
    }
    process.stdout.write(toTable(totals))
    const all = Object.values(totals)
    // The kernel cuts a connection that comes between the last look for new ones and the end of listening.
    expect(sumOf(all, ({ lost }) => lost.made)).toBeLessThan(sumOf(all, ({ sent }) => sent) / 100)
  },
  20_000 * STOPS,
)

async function stopUnderLoad(folder: string, model: Model, run: string): Promise<Tallies> {
  const grpcPort = await freePort()
  const args = ['--model-dir', folder, '--workers=2', '--max-queued=20', `--grpc-port=${grpcPort}`]
  const server = await startServer({ args })
  const tallies = createTallies()
  const clients = askAll(server, grpcPort, model, tallies)
  await server.line(({ status }) => status === 200)
  await server.line(({ code }) => code === 'OK')
  server.kill('SIGTERM')
  expect({ run, exit: await server.exited }).toEqual({ run, exit: { code: 0, signal: null } })
  await Promise.all(clients)
  expect(server.stderr()).toBe('')
  for (const [load, tally] of Object.entries(tallies)) {
    expect(settledOf(tally), `${load} in ${run}`).toBe(tally.sent)
    expect(tally.lost.kept, `${load} in ${run}`).toBe(0)
  }
  expectSameInLog(server, tallies, run)
  return tallies
}

/** Clients of every kind at once. */
function askAll({ url }: ServerProcess, grpcPort: number, model: Model, tallies: Tallies): Promise<void>[] {
  const { name, body, input, value } = model
  const asking = { port: Number(new URL(url).port), path: `/models/${name}/predict`, body }
  const contents = { [`${value}_contents`]: Array.from({ length: input.shape[1] }, () => 100) }
  const message = { model_name: name, inputs: [{ ...input, contents }] }
  return Array.from({ length: CLIENTS }, () => [
    ...Object.entries(LOADS).map(([load, how]) => keepAsking({ ...asking, ...how }, tallies[load]!)),
    keepAskingGrpc(grpcPort, message, tallies['gRPC']!),
  ]).flat()
}

/** Each client has a connection of its own. */
async function keepAskingGrpc(port: number, message: object, tally: Tally): Promise<void> {
  const client = connect(port, { 'grpc.use_local_subchannel_pool': 1 })
  for (let isKept = false; ; isKept = true) {
    tally.sent++
    const { code, details = '' } = await ask(client, 'ModelInfer', message)
    if (code === 'OK' || code === 'RESOURCE_EXHAUSTED') addAnswer(tally, code)
    else {
      if (details.includes('ECONNREFUSED')) tally.refused++
      else tally.lost[isKept ? 'kept' : 'made']++
      return client.close()
    }
  }
}

/** What the server says that it answered is what the clients got. */
function expectSameInLog({ lines }: ServerProcess, tallies: Tallies, run: string): void {
  for (const status of [200, 429, 499, 500, 503, 'OK', 'RESOURCE_EXHAUSTED', 'CANCELLED']) {
    const logged = lines.filter((line) => line.msg === 'request' && (line['status'] ?? line['code']) === status)
    const answered = sumOf(Object.values(tallies), ({ statuses }) => statuses.get(status) ?? 0)
    expect(logged.length, `${status} in ${run}`).toBe(answered)
  }
}

function createTallies(): Tallies {
  return Object.fromEntries([...Object.keys(LOADS), 'gRPC'].map((load) => [load, createTally()]))
}

function sumOf(tallies: readonly Tally[], count: (tally: Tally) => number): number {
  return tallies.reduce((sum, tally) => sum + count(tally), 0)
}

function addTally(total: Tally, { sent, statuses, refused, lost }: Tally): void {
  total.sent += sent
  total.refused += refused
  total.lost.kept += lost.kept
  total.lost.made += lost.made
  for (const [status, count] of statuses) addAnswer(total, status, count)
}

function toTable(tallies: Tallies): string {
  const rows = Object.entries(tallies).map(([load, { sent, statuses, refused, lost }]) => {
    const answers = Array.from(statuses, ([status, count]) => `${count} × ${status}`).join(', ')
    return `${load}: sent ${sent}, answered ${answers}; refused ${refused}; lost ${lost.kept} kept, ${lost.made} new\n`
  })
  return rows.join('')
}
