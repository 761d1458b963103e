import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTally, keepAsking } from './clients.ts'
import type { Tally } from './clients.ts'
import { FLOWER } from './iris.ts'
import { MODELS } from './paths.ts'
import { startServer } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'
import { waitUntil } from './wait.ts'

const CLIENTS = 6

/** An input of the Open Inference Protocol. Integers of 64 bits may be written as text. */
export interface Input {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}

interface Reply {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: any
}

/** A server that serves models under test, and iris to clients that ask without a pause. */
export interface BesideIris {
  readonly server: ServerProcess
  /** What became of the requests for iris so far. Half of the clients ask for it inline, the others in workers. */
  readonly tally: Tally
  readonly ask: (model: string, inputs: readonly Input[]) => Promise<Reply>
  /** Waits until so many requests for iris have been answered with 200. */
  readonly answered: (count: number) => Promise<void>
}

interface BesideIrisOptions {
  /** Model files by name. */
  readonly models: Readonly<Record<string, Uint8Array>>
  readonly args?: readonly string[]
  readonly atEnd: (end: () => void | Promise<void>) => void
}

export async function startBesideIris({ models, args = [], atEnd }: BesideIrisOptions): Promise<BesideIris> {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-serve-test-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['iris', 'iris-in-workers']) cpSync(join(MODELS, 'iris'), join(folder, name), { recursive: true })
  const description = JSON.parse(readFileSync(join(MODELS, 'iris/model.json'), 'utf8')) as object
  writeFileSync(join(folder, 'iris-in-workers/model.json'), JSON.stringify({ ...description, execution: 'workers' }))
  for (const [name, bytes] of Object.entries(models)) writeFileSync(join(folder, `${name}.onnx`), bytes)
  const server = await startServer({ args: ['--model-dir', folder, '--default-model=iris', ...args], atEnd })
  const tally = createTally()
  let isOver = false
  const asking = { port: Number(new URL(server.url).port), body: JSON.stringify(FLOWER), isOver: () => isOver }
  const clients = Array.from({ length: CLIENTS }, (_, index) => {
    const model = index % 2 === 0 ? 'iris' : 'iris-in-workers'
    return keepAsking({ ...asking, path: `/models/${model}/predict` }, tally)
  })
  // Each has its last answer before the server ends.
  atEnd(async () => {
    isOver = true
    await Promise.all(clients)
  })
  return {
    server,
    tally,
    ask: (model, inputs) => infer(server.url, model, inputs),
    answered: async (count) => {
      await waitUntil(() => (tally.statuses.get(200) ?? 0) >= count)
    },
  }
}

async function infer(url: string, model: string, inputs: readonly Input[]): Promise<Reply> {
  const body = JSON.stringify({ inputs })
  const response = await fetch(`${url}/v2/models/${model}/infer`, { method: 'POST', body })
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.json(),
  }
}
