import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { get, post } from '../support/http.ts'
import { FIXTURES, ROOT } from '../support/paths.ts'
import { startServer } from '../support/server-process.ts'
import type { ServerProcess } from '../support/server-process.ts'

// Files as exporters write them, each with fifty rows and what the original library answered.
const PARITY = join(FIXTURES, 'parity')

interface Fixture {
  readonly name: string
  readonly family: string
  readonly estimator: string
  readonly library: string
  readonly exporter: string
  readonly options: string
  readonly classes: string
  readonly tolerance: number
  readonly note?: string
}

interface Examples {
  readonly examples: readonly { readonly input: unknown; readonly prediction: unknown }[]
}

function read(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(PARITY, ...path), 'utf8'))
}

/** The largest difference between numbers, relative above 1; infinite where anything else differs. */
function deviation(expected: unknown, got: unknown): number {
  if (typeof expected === 'number' && typeof got === 'number') {
    return Math.abs(expected - got) / Math.max(1, Math.abs(expected))
  }
  if (typeof expected !== 'object' || typeof got !== 'object' || expected === null || got === null) {
    return expected === got ? 0 : Infinity
  }
  const [a, b] = [expected as Record<string, unknown>, got as Record<string, unknown>]
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return Math.max(0, ...Array.from(keys, (key) => deviation(a[key], b[key])))
}

const fixtures = read('index.json') as Fixture[]

/** Fifty rows at once, and five one by one, which take another way through the server. */
async function measure({ url }: ServerProcess, name: string): Promise<number> {
  const { examples } = read(name, '1/examples.json') as Examples
  const ask = async (rows: Examples['examples']): Promise<number> => {
    const { status, body } = await post(`${url}/models/${name}/predict`, { instances: rows.map(({ input }) => input) })
    expect({ status, body }).toMatchObject({ status: 200 })
    const { predictions } = body as { predictions: unknown[] }
    expect(predictions).toHaveLength(rows.length)
    return Math.max(...rows.map(({ prediction }, index) => deviation(prediction, predictions[index])))
  }
  const worst = [await ask(examples)]
  for (const one of examples.slice(0, 5)) worst.push(await ask([one]))
  return Math.max(...worst)
}

describe('models as they were exported', () => {
  test('answer as the originals do', async () => {
    const server = await startServer({ args: ['--model-dir', PARITY] })
    const table: string[] = []
    for (const fixture of fixtures) {
      const worst = await measure(server, fixture.name)
      expect({ name: fixture.name, isClose: worst <= fixture.tolerance, worst }).toMatchObject({ isClose: true })
      const { body } = await get(`${server.url}/models/${fixture.name}`)
      table.push(toRow(fixture, body as { task: string; warnings?: string[] }))
    }
    expect(fixtures.length).toBeGreaterThanOrEqual(110)
    expect(new Set(table).size).toBe(table.length)
    const file = join(ROOT, 'docs/models.md')
    const document = toDocument(readFileSync(file, 'utf8'), table)
    if (process.env['UPDATE_DOCS']) writeFileSync(file, document)
    // Otherwise: UPDATE_DOCS=1 npx vitest run test/e2e/model-parity.test.ts
    expect(readFileSync(file, 'utf8')).toBe(document)
  }, 120_000)
})

function toRow(fixture: Fixture, { task, warnings = [] }: { task: string; warnings?: string[] }): string {
  const { family, estimator, library, exporter, options, classes, note } = fixture
  const left = warnings.map((warning) => warning.replace(/: export it.*/, ''))
  const notes = [note, ...left].filter(Boolean).join('; ')
  return `| ${[family, estimator, library, exporter, options, classes, task, notes].join(' | ')} |`
}

const [BEGIN, END] = ['<!-- made by a test: begin -->', '<!-- made by a test: end -->']

function toDocument(text: string, rows: readonly string[]): string {
  const head =
    '| family | estimator | library | exporter | options | classes | served as | note |\n| --- | --- | --- | --- | --- | --- | --- | --- |'
  const [before = '', rest = ''] = text.split(BEGIN)
  return `${before}${BEGIN}\n\n${head}\n${rows.join('\n')}\n\n${END}${rest.split(END)[1] ?? ''}`
}
