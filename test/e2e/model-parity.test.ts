import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { get, post } from '../support/http.ts'
import { copyModelFiles, deviation, examplesOf, fixtures } from '../support/parity.ts'
import { compareMissing } from '../support/parity-missing.ts'
import type { Example, Fixture } from '../support/parity.ts'
import { ROOT } from '../support/paths.ts'
import { startServer } from '../support/server-process.ts'
import type { ServerProcess } from '../support/server-process.ts'

/** Fifty rows at once, and five one by one, which take another way through the server. */
async function measure({ url }: ServerProcess, name: string): Promise<number> {
  const examples = examplesOf(name)
  const ask = async (rows: readonly Example[]): Promise<number> => {
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
  test('exported models answer as the originals do, or refuse a missing value that they would answer differently', async () => {
    const server = await startServer({ args: ['--model-dir', copyModelFiles()] })
    const table: string[] = []
    for (const fixture of fixtures) {
      const worst = await measure(server, fixture.name)
      expect({ name: fixture.name, isClose: worst <= fixture.tolerance, worst }).toMatchObject({ isClose: true })
      const { body } = await get(`${server.url}/models/${fixture.name}`)
      table.push(toRow(fixture, body as Description, await compareMissing(server.url, fixture)))
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

interface Description {
  readonly task: string
  readonly warnings?: readonly string[]
}

const COLUMNS = [
  'family',
  'estimator',
  'library',
  'exporter',
  'options',
  'classes',
  'served as',
  'missing values',
  'note',
]

function toRow(fixture: Fixture, { task, warnings = [] }: Description, missing: string): string {
  const { family, estimator, library, exporter, options, classes, note } = fixture
  const notes = [note, ...warnings.map(toSentences)].filter(Boolean).join('. ')
  return toLine([family, estimator, library, exporter, options, classes, task, missing, notes])
}

/** A warning of the server without its advice. */
function toSentences(warning: string): string {
  const text = warning.replace(/(: export it|; such text is).*/, '').replace(': it ', '. It ')
  return text[0]!.toUpperCase() + text.slice(1)
}

function toLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

const [BEGIN, END] = ['<!-- made by a test: begin -->', '<!-- made by a test: end -->']

function toDocument(text: string, rows: readonly string[]): string {
  const head = [toLine(COLUMNS), toLine(COLUMNS.map(() => '---'))]
  const [before = '', rest = ''] = text.split(BEGIN)
  return `${before}${BEGIN}\n\n${[...head, ...rows].join('\n')}\n\n${END}${rest.split(END)[1] ?? ''}`
}
