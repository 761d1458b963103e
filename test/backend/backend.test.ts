import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { post } from '../support/http.ts'
import { ROOT } from '../support/paths.ts'
import { startServer } from '../support/server-process.ts'
import { writeCases } from './cases.ts'
import type { Case } from './cases.ts'
import { differenceOf } from './compare.ts'
import { NEEDS_LOCALE, OTHER_ANSWERS, REFUSED_RUNS, formlessReason, namesIn } from './exceptions.ts'
import { toDocument } from './report.ts'
import type { Refusal } from './report.ts'
import { WAYS, isRefusal } from './ways.ts'
import type { Way } from './ways.ts'

// A Python with the packages of tools/requirements-backend.txt; without one these tests are skipped.
const PYTHON = process.env['BACKEND_PYTHON']
// Requests that are sent at a time.
const CLIENTS = 8

interface Entry {
  readonly name: string
  readonly status: string
  readonly error?: string
  readonly example?: unknown
  readonly exampleNote?: string
}

let cases: readonly Case[] = []
let version = ''
let url = ''
let entries: ReadonlyMap<string, Entry> = new Map()

async function startAll(python: string): Promise<() => Promise<void>> {
  const folder = join(mkdtempSync(join(tmpdir(), 'onnx-serve-backend-')), 'tests')
  const ends: (() => Promise<void>)[] = []
  const written = writeCases(python, folder)
  cases = written.cases
  version = written.version
  const limits = ['--json-nan=string', '--body-limit=50000000', '--log-level=info']
  const args = ['--model-dir', join(folder, 'models'), ...limits]
  const server = await startServer({ args, atEnd: (end) => ends.push(end) })
  url = server.url
  const { models } = (await (await fetch(`${url}/models`)).json()) as { models: Entry[] }
  entries = new Map(models.map((entry) => [entry.name, entry]))
  return async () => {
    await Promise.all(ends.map((end) => end()))
    rmSync(join(folder, '..'), { recursive: true })
  }
}

/** Calls a function for each of the cases that are served, some at a time; collects what it says is wrong. */
async function collect(check: (one: Case) => Promise<string | undefined>): Promise<string[]> {
  const served = cases.filter(({ name }) => entries.get(name)?.status === 'ready')
  const problems: string[] = []
  const next = served.values()
  const work = async (): Promise<void> => {
    for (const one of next) {
      const problem = await check(one)
      if (problem !== undefined) problems.push(`${one.name}: ${problem}`)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, work))
  return problems.toSorted()
}

const DIFFERING = namesIn(OTHER_ANSWERS)
const REFUSED = namesIn(REFUSED_RUNS)

/** What is wrong with the answer to a test, or with its refusal where one is known. */
async function checkWay(way: string, call: Way, one: Case): Promise<string | undefined> {
  const formless = formlessReason(way, one)
  for (const { inputs, outputs } of one.sets) {
    const answers = await call(url, one.name, inputs)
    if (isRefusal(answers)) {
      const { status, error } = answers
      const isKnown = REFUSED.has(one.name) ? status === 422 : formless && status === 400 && error.includes(formless)
      if (!isKnown) return `${status} ${error}`
      continue
    }
    const difference = differenceOf(answers, outputs)
    const isExpected = (difference !== undefined) === DIFFERING.has(one.name)
    if (formless !== undefined || REFUSED.has(one.name)) return 'answered, though a refusal is known'
    if (!isExpected) return difference ?? 'answered as expected, though a difference is known'
  }
  return undefined
}

describe.runIf(PYTHON)("ONNX's own backend tests", () => {
  beforeAll(() => startAll(PYTHON!))

  test.each(Object.entries(WAYS))(
    'the backend tests of ONNX are answered over %s as ONNX expects',
    async (way, call) => {
      expect(await collect((one) => checkWay(way, call, one))).toEqual([])
      expect(entries.size).toBeGreaterThan(1500)
    },
  )

  test('each model of the backend tests of ONNX has an example that works unchanged, or a note', async () => {
    const problems = await collect(async ({ name }) => {
      const { example, exampleNote } = entries.get(name)!
      if (example === undefined) return exampleNote === undefined ? 'no example and no note' : undefined
      const { status, body } = await post(`${url}/models/${name}/predict`, example)
      return status === 200 ? undefined : JSON.stringify(body)
    })
    expect(problems).toEqual([])
    const offered = Array.from(entries.values()).filter(({ example }) => example !== undefined)
    const without = Array.from(entries.values()).filter(({ exampleNote }) => exampleNote?.startsWith('no example'))
    expect(offered.length).toBeGreaterThan(950)
    expect(without.length).toBeLessThan(30)
  })

  test('docs/models.md lists the backend tests of ONNX that are not served, with reasons', () => {
    const refused = cases.flatMap(({ name }): Refusal[] => {
      if (NEEDS_LOCALE.test(name)) return [{ name, error: undefined }]
      const { status, error = '' } = entries.get(name)!
      return status === 'ready' ? [] : [{ name, error }]
    })
    const asExpected = cases.length - refused.length - DIFFERING.size - REFUSED.size
    const counts = { models: cases.length, asExpected, version }
    const others = { refused: REFUSED_RUNS, answered: OTHER_ANSWERS }
    const file = join(ROOT, 'docs/models.md')
    const document = toDocument(readFileSync(file, 'utf8'), counts, refused, others)
    if (process.env['UPDATE_DOCS']) writeFileSync(file, document)
    // Otherwise: UPDATE_DOCS=1 npm run test:backend
    expect(readFileSync(file, 'utf8')).toBe(document)
  })
})
