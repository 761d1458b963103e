import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { startServer } from '../support/server-process.ts'
import { wideModel } from '../support/wide-model.ts'

const WIDTH = 5000
const HEAP_MB = 256
const MAX_ANSWER_MB = 64
// What a body may take (see hostile.test.ts), and two of the largest answers that are not read.
const MAX_RESIDENT_MB = HEAP_MB + 48 * 8 + 2 * MAX_ANSWER_MB

const ones = (rows: number): number[] => Array.from({ length: rows }, () => 1)
const predict = (rows: number): string => JSON.stringify(ones(rows).map((one) => [one]))
const v2 = (rows: number, parameters: object): string =>
  JSON.stringify({ inputs: [{ name: 'x', shape: [rows, 1], datatype: 'FP32', data: ones(rows) }], parameters })

// As many rows as the largest answer has: counted with 24 bytes an element as JSON, and 4 as bytes.
const AS_JSON = Math.floor((MAX_ANSWER_MB * 2 ** 20) / (24 * WIDTH))
const AS_BYTES = Math.floor((MAX_ANSWER_MB * 2 ** 20) / (4 * WIDTH))
const LARGEST: readonly (readonly [string, string])[] = [
  ['/predict', predict(AS_JSON)],
  ['/v2/models/wide/infer', v2(AS_JSON, {})],
  ['/v2/models/wide/infer', v2(AS_BYTES, { binary_data_output: true })],
]

function residentMb(pid: number): number {
  const [, peak] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(peak) / 1024
}

async function statusOf(sent: ClientRequest): Promise<number | undefined> {
  const [reply] = (await once(sent, 'response')) as [IncomingMessage]
  return reply.statusCode
}

test('unread answers of any size take limited memory, and probes are answered', async () => {
  const folder = createFolder({ 'wide/1/model.onnx': wideModel(WIDTH) })
  const server = await startServer({
    args: [`--model-dir=${folder}`],
    env: { ...process.env, NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` },
  })
  const sent: ClientRequest[] = []
  onTestFinished(() => sent.forEach((each) => each.destroy()))
  const ask = (path: string, body: string): ClientRequest => {
    const headers = { 'content-type': 'application/json' }
    const each = request(`${server.url}${path}`, { method: 'POST', headers, agent: false }).end(body)
    sent.push(each)
    return each
  }

  expect(await statusOf(ask('/predict', predict(10_000)))).toBe(413)
  const statuses: (number | undefined)[] = []
  for (let round = 0; round < 5; round++) {
    const together = LARGEST.map(([path, body]) => statusOf(ask(path, body)))
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    statuses.push(...(await Promise.all(together)))
  }
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
  expect(await statusOf(ask('/predict', predict(1)))).toBe(200)

  const resident = Math.round(residentMb(server.pid))
  console.log(`answers that nobody read took ${resident} MB at most, of ${MAX_RESIDENT_MB}`)
  expect(resident).toBeLessThan(MAX_RESIDENT_MB)
  for (const each of sent) each.destroy()
  server.kill('SIGTERM')
  expect(await server.exited).toEqual({ code: 0, signal: null })
}, 120_000)
