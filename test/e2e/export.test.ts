import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { get, post } from '../support/http.ts'
import { ROOT } from '../support/paths.ts'
import { startServer } from '../support/server-process.ts'

// A Python with the packages of tools/requirements-fixtures.txt; without one these tests are skipped.
const PYTHON = process.env['EXPORT_PYTHON']
const NAMES = [
  'pipeline',
  'forest',
  'table',
  'text',
  'lightgbm',
  'xgboost',
  'catboost',
  'odd',
  'codes',
  'whole',
  'votes',
  'booleans',
]

interface Said {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function python(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(PYTHON ?? 'python3', args, { cwd: ROOT, encoding: 'utf8' })
  return { status, stdout, stderr }
}

function exportModel(name: string, pickles: string, out: string, ...flags: string[]) {
  const data = ['--data', join(pickles, `${name}.csv`), '--target', 'target']
  return python('tools/export_sklearn.py', join(pickles, `${name}.pkl`), ...data, '--out', join(out, name), ...flags)
}

describe.runIf(PYTHON)('the export of pickles', () => {
  const pickles = mkdtempSync(join(tmpdir(), 'onnx-serve-pickles-'))
  beforeAll(() => {
    const { status, stderr } = python('test/support/make_pickles.py', pickles)
    if (status !== 0) throw new Error(stderr)
    return () => rmSync(pickles, { recursive: true })
  }, 120_000)

  test('exported models are served and answer as the originals do', async () => {
    const out = createFolder({})
    const bodies = new Map<string, string>()
    const done = python('test/support/export_pickles.py', pickles, out, ...NAMES)
    expect(done).toMatchObject({ status: 0 })
    for (const [name, { status, stdout, stderr }] of Object.entries(JSON.parse(done.stdout) as Record<string, Said>)) {
      expect({ name, status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('may run any code') })
      expect(stdout).toMatch(/^\d+ rows agree, worst deviation \d\.\de[+-]\d+/)
      bodies.set(name, /-d '(.*)'/.exec(stdout)![1]!)
    }
    // Each is loaded with its examples, which hold the predictions of the original.
    const server = await startServer({ args: ['--model-dir', out] })
    for (const name of NAMES) {
      const { body } = await get(`${server.url}/models/${name}`)
      expect(body).toMatchObject({ name, status: 'ready' })
      const examples = JSON.parse(readFileSync(join(out, name, '1/examples.json'), 'utf8')) as { examples: unknown[] }
      expect(examples.examples).toHaveLength(5)
      const reply = await post(`${server.url}/models/${name}/predict`, JSON.parse(bodies.get(name)!))
      expect({ name, ...reply }).toMatchObject({ status: 200, body: { predictions: [expect.anything()] } })
    }
    const { body } = await get(`${server.url}/models/table`)
    expect((body as { features: object[] }).features).toMatchObject([
      { name: 'age', type: 'number', minimum: expect.any(Number), maximum: expect.any(Number) },
      { name: 'city', type: 'string' },
      { name: 'visits', type: 'number', example: expect.any(Number) },
    ])
    await checkOdd(server.url)
  }, 300_000)

  test('the export tool refuses models that would end the server or cannot be exported, and writes nothing', () => {
    const out = createFolder({})
    expect(exportModel('neighbours', pickles, out)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /error: ONNX Runtime [\d.]+ crashes \(SIGFPE\) on this model, and .* it is not written\. Try another/,
      ),
    })
    expect(exportModel('categories', pickles, out)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/error: .*LGBMClassifier\) has columns of categories.* OrdinalEncoder/),
    })
    expect(readdirSync(out)).toEqual([])
  }, 60_000)

  test('the export tool keeps a model.json that fits, and writes another one for a version with other labels', async () => {
    const out = createFolder({ 'broken/model.json': '{', 'list/model.json': '[]' })
    const into = (name: string, folder: string, ...flags: string[]) => {
      const data = ['--data', join(pickles, `${name}.csv`), '--target', 'target', '--out', join(out, folder)]
      return python('tools/export_sklearn.py', join(pickles, `${name}.pkl`), ...data, ...flags)
    }
    expect(into('two', 'm', '--labels', 'cheap,dear')).toMatchObject({ status: 0 })
    expect(into('two', 'm')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/error: .*m\/1 is there already: .*--version next.*--force\n$/),
    })
    expect(into('two', 'm', '--version', 'next')).toMatchObject({ status: 0 })
    expect(into('three', 'm', '--version', 'next')).toMatchObject({ status: 0 })
    expect(readdirSync(join(out, 'm', '2'))).toEqual(['examples.json', 'model.onnx'])
    expect(readdirSync(join(out, 'm', '3'))).toEqual(['examples.json', 'model.json', 'model.onnx'])
    for (const folder of ['broken', 'list']) {
      expect(into('two', folder)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^error: .*model\.json is no description of a model .*: mend or remove it\n$/),
      })
    }
    const server = await startServer({ args: ['--model-dir', join(out, 'm')] })
    for (const [version, labels] of Object.entries({ 1: ['cheap', 'dear'], 2: ['cheap', 'dear'], 3: [1, 2, 3] })) {
      expect(await get(`${server.url}/models/model/versions/${version}`)).toMatchObject({ body: { labels } })
    }
  }, 120_000)

  test('--serve-check serves the export and compares its answers within the deadline', () => {
    const out = createFolder({})
    expect(exportModel('codes', pickles, out, '--serve-check')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('the built server answers 200 rows as the original\n'),
    })
    expect(exportModel('pipeline', pickles, out, '--deadline', '0.01')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/error: the export is not done after 0\.01 seconds, while .* --deadline/),
    })
    expect(readdirSync(out)).toEqual(['codes'])
  }, 120_000)

  test('the export tool refuses an export that answers differently, names the worst row, and writes nothing', () => {
    const out = createFolder({})
    const { status, stderr } = exportModel('pipeline', pickles, out, '--tolerance', '0')
    expect(status).toBe(1)
    expect(stderr).toMatch(/row \d+/)
    expect(stderr).toMatch(/expected[\s\S]*got[\s\S]*--tolerance above 0/)
    expect(existsSync(join(out, 'pipeline'))).toBe(false)
  }, 60_000)

  test('the export tool explains wrong arguments in one line', () => {
    const out = createFolder({ 'x.pkl': 'no pickle', 'x.csv': 'a\n1\n' })
    expect(exportModel('nothing', pickles, out)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/error: there is no file/),
    })
    expect(exportModel('x', out, out)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/error: .* is no pickle/),
    })
    const two = (...flags: string[]) =>
      python('tools/export_sklearn.py', join(pickles, 'two.pkl'), ...flags, '--out', out)
    expect(two('--data', '.')).toMatchObject({ status: 1, stderr: expect.stringMatching(/error: \. cannot be read/) })
    const csv = join(pickles, 'two.csv')
    expect(two('--data', csv, '--target', 'tragte')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /error: .* has no column 'tragte' for the --target; it has amount, class, target\n$/,
      ),
    })
    for (const tolerance of ['2', '-1', 'nan']) {
      expect(two('--data', csv, '--target', 'target', '--tolerance', tolerance)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/error: --tolerance is .*, and the server compares within 0 to 1/),
      })
    }
    const data = ['--data', join(out, 'x.csv'), '--out', join(out, 'm')]
    const lacking = python('tools/export_sklearn.py', join(pickles, 'table.pkl'), ...data)
    expect(lacking).toMatchObject({ status: 1, stderr: expect.stringMatching(/error: .*(age|city|visits)/) })
  }, 120_000)
})

/** What the sample's own columns need: their names, strings that look like something else, gaps, whole numbers. */
async function checkOdd(url: string): Promise<void> {
  const featuresOf = async (name: string) =>
    ((await get(`${url}/models/${name}`)).body as { features: object[] }).features
  const ask = async (name: string, record: object) => (await post(`${url}/models/${name}/predict`, record)).body
  expect(await featuresOf('odd')).toMatchObject([
    { name: 'label' },
    { name: 'x 1' },
    { name: 'a.b-c (£)', values: ['female', 'male'] },
    { name: 'probabilities' },
  ])
  expect(await featuresOf('codes')).toMatchObject([
    { name: 'zip', type: 'string', values: ['00501', '01234', '90210'] },
    { name: 'deck', type: 'string', values: ['B', 'NA', 'None'] },
    { name: 'port', type: 'string', missing: { rule: 'value', value: '' }, values: ['female', 'male'] },
  ])
  expect(await ask('codes', { zip: '00501', deck: 'NA', port: null })).toMatchObject({ predictions: [{ label: 1 }] })
  expect(await featuresOf('whole')).toMatchObject([
    { name: 'age', type: 'number' },
    { name: 'class', type: 'integer' },
  ])
  expect(await ask('whole', { age: 30.5, class: 1 })).toMatchObject({ predictions: [{ label: 0 }] })
  expect(await ask('votes', { amount: 10, class: 1 })).toMatchObject({ predictions: [{ label: 'cheap' }] })
  expect(await ask('booleans', { amount: 90, class: 1 })).toMatchObject({ predictions: [{ label: 1 }] })
}
