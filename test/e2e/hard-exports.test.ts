import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { post } from '../support/http.ts'
import { deviation } from '../support/parity.ts'
import { ROOT } from '../support/paths.ts'
import { startServer } from '../support/server-process.ts'

// A Python with the packages of tools/requirements-export.txt; without one these tests are skipped.
const PYTHON = process.env['EXPORT_PYTHON']
const TOLERANCE = 1e-4

/** A model that was exported: rows, what the original answers to them, and the rule of each feature's missing values. */
interface Exported {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly predictions: readonly unknown[]
  readonly missing: Readonly<Record<string, string>>
}

type Case = Exported | { readonly refusal: string }

const REFUSED: Readonly<Record<string, RegExp>> = {
  'several-chain': /no converter to ONNX for step 'model' \(.*ClassifierChain\): train/,
  radius: /the converter is at fault: .*Try other options or another estimator/,
}

function runPython(cwd: string, ...args: string[]): string {
  const { status, stderr } = spawnSync(PYTHON!, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stderr
}

describe.runIf(PYTHON)('exports of models that converters find hard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-serve-hard-'))
  let cases: Readonly<Record<string, Case>> = {}
  beforeAll(() => {
    runPython(ROOT, 'test/support/make_exports.py', folder)
    cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as typeof cases
    return () => rmSync(folder, { recursive: true })
  }, 180_000)

  const exported = () => Object.entries(cases).filter((found): found is [string, Exported] => 'rows' in found[1])

  test('refused exports of hard models name the cause and a next step', () => {
    const refused = Object.entries(cases).filter(([, found]) => 'refusal' in found)
    expect(refused.map(([name]) => name).toSorted()).toEqual(Object.keys(REFUSED).toSorted())
    for (const [name, found] of refused) {
      expect({ name, found }).toEqual({ name, found: { refusal: expect.stringMatching(REFUSED[name]!) } })
    }
  })

  test('exports of hard models answer as the originals do, also for missing values', async () => {
    const { url } = await startServer({ args: ['--model-dir', join(folder, 'models')] })
    for (const [name, { rows, predictions }] of exported()) {
      const { status, body } = await post(`${url}/models/${name}/predict`, { instances: rows })
      expect({ name, status, body }).toMatchObject({ status: 200 })
      const answers = body.predictions as unknown[]
      const worst = Math.max(...predictions.map((prediction, index) => deviation(prediction, answers[index])))
      expect({ name, isClose: worst <= TOLERANCE, worst }).toMatchObject({ isClose: true })
    }
  })

  test('exports of hard models refuse missing values that the original refuses, and name the feature', async () => {
    const { url } = await startServer({ args: ['--model-dir', join(folder, 'models')] })
    for (const [name, { rows, missing }] of exported()) {
      for (const feature of Object.keys(missing).filter((each) => missing[each] === 'refuse')) {
        const reply = await post(`${url}/models/${name}/predict`, { ...rows[0], [feature]: null })
        expect({ name, ...reply }).toMatchObject({
          status: 400,
          body: { error: expect.stringMatching(new RegExp(`^${feature}:`)) },
        })
      }
    }
  })

  test('exports of hard models refuse values that the original refuses because they were not in its training', async () => {
    const { url } = await startServer({ args: ['--model-dir', join(folder, 'models')] })
    const ask = (name: string, record: object) => post(`${url}/models/${name}/predict`, record)
    for (const name of ['closed-codes', 'closed-columns']) {
      expect(await ask(name, { port: 'C', deck: 3 })).toMatchObject({ status: 200 })
      for (const [feature, record] of Object.entries({ port: { port: 'X', deck: 3 }, deck: { port: 'C', deck: 4 } })) {
        const reply = await ask(name, record)
        expect({ name, ...reply }).toMatchObject({
          status: 400,
          body: { error: expect.stringMatching(new RegExp(`^${feature}:`)) },
        })
      }
    }
    expect(await ask('open-columns', { port: 'X' })).toMatchObject({ status: 200 })
  })

  test('the export tool finds for each feature of a hard model if its values may be missing', () => {
    const rules = Object.fromEntries(exported().map(([name, { missing }]) => [name, Object.values(missing)]))
    expect(rules).toMatchObject({
      logistic: ['refuse', 'refuse', 'refuse', 'refuse'],
      quadratic: ['refuse', 'refuse', 'refuse', 'refuse'],
      'no-gaps-forest': ['nan', 'nan', 'nan', 'nan'],
      'gaps-in-one': ['nan', 'refuse', 'refuse', 'refuse'],
      'gaps-constant': ['nan', 'nan', 'nan', 'nan'],
      'gaps-category': ['refuse', ''],
      'table-forest-0': ['nan', 'nan', '', ''],
      'table-boosting': ['refuse', 'refuse', '', ''],
    })
  })

  test('each part of the export tool passes its own checks', () => {
    const report = runPython(join(ROOT, 'test/support'), '-m', 'unittest', 'check_export_parts')
    expect(report).toMatch(/\nRan \d+ tests in .*\n\nOK\n$/)
  }, 120_000)
})
