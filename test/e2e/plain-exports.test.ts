import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { get, post } from '../support/http.ts'
import { deviation } from '../support/parity.ts'
import type { Example } from '../support/parity.ts'
import { ROOT } from '../support/paths.ts'
import { startServer } from '../support/server-process.ts'

// A Python with the packages of tools/requirements-fixtures.txt; without one these tests are skipped.
const PYTHON = process.env['EXPORT_PYTHON']
const TOLERANCE = 1e-4

/** Models whose plain export answers otherwise, and what the export tool does about each. */
const CASES: Readonly<Record<string, RegExp | 'exports'>> = {
  'one-vs-rest-svc': /skl2onnx .*: use SVC or LinearSVC/,
  'one-vs-rest-linear-svc': /skl2onnx .*: use SVC or LinearSVC/,
  'svc-two-classes': 'exports',
  isotonic: /skl2onnx .*: use method='sigmoid'/,
  'distance-classifier': /skl2onnx .*: use weights='uniform'/,
  'distance-regressor': /skl2onnx .*: use weights='uniform'/,
  'gaussian-process': 'exports',
  'max-normalizer': /ONNX .*: use norm='l2' or 'l1'/,
  'hist-categories': /skl2onnx .*: encode them in a ColumnTransformer/,
  'hist-poisson': /skl2onnx .*: use XGBRegressor/,
  'missing-indicator': /skl2onnx .*: use SimpleImputer\(add_indicator=False\)/,
  'network-two-targets': /skl2onnx .*: train one MLPRegressor for each target/,
  'catboost-poisson': /CatBoost .*: use loss_function='RMSE'/,
  'catboost-tweedie': /CatBoost .*: use loss_function='RMSE'/,
  'catboost-one-vs-all': /CatBoost .*: use loss_function='MultiClass'/,
  'xgboost-logistic': /onnxmltools .*: use objective='reg:squarederror'/,
  'xgboost-softmax': /onnxmltools .*: use objective='multi:softprob'/,
  'xgboost-forest': /onnxmltools .*: use RandomForestClassifier/,
  'lightgbm-one-vs-all': /onnxmltools .*: use objective='multiclass'/,
  'lightgbm-forest': /onnxmltools .*: use boosting_type='gbdt'/,
  'lightgbm-linear-trees': /onnxmltools .*: use linear_tree=False/,
  'lightgbm-sigmoid': /onnxmltools .*: use sigmoid=1\.0/,
  'lightgbm-zeros': /onnxmltools .*: use zero_as_missing=False/,
  text: 'exports',
  'text-pairs': 'exports',
  'text-word-class': 'exports',
  'text-space-class': 'exports',
  'text-characters': 'exports',
  'text-stop-words': /skl2onnx .*: use stop_words=None/,
}

/** Those that answer texts as their originals do, or refuse them. */
const TEXTS = Object.keys(CASES).filter((name) => name.startsWith('text') && name !== 'text-stop-words')

/** Models that lack columns, so that the server itself refuses a missing value. */
const GAPS_REFUSED = new Set(['missing-indicator'])

/** Those whose graph shows the fault, and what the server says at load. */
const WARNINGS: Readonly<Record<string, RegExp>> = {
  'one-vs-rest-svc': /one-vs-rest/,
  'one-vs-rest-linear-svc': /one-vs-rest/,
  'svc-two-classes': /two classes/,
  isotonic: /isotonic/,
  'distance-classifier': /by their distance/,
  'distance-regressor': /by their distance/,
  'gaussian-process': /Gaussian process in float32/,
  'max-normalizer': /largest value/,
  'missing-indicator': /weights for other columns/,
  'catboost-poisson': /logarithm/,
  'catboost-tweedie': /logarithm/,
  'catboost-one-vs-all': /softmax/,
  text: /cuts words .* apart/,
  'text-pairs': /cuts words .* apart and takes single characters/,
  'text-word-class': /\\w\+, which knows the letters of ASCII alone/,
  'text-space-class': /\\S\+, which knows the spaces of ASCII alone/,
  'text-characters': /counts every space/,
  // The stop words themselves are nowhere in the file.
  'text-stop-words': /cuts words .* apart and takes single characters/,
}

interface Case {
  readonly examples: readonly Example[]
  readonly refusal: string | null
}

function isExported(name: string): boolean {
  return CASES[name] === 'exports'
}

async function worstOf(url: string, name: string, { examples }: Case): Promise<number> {
  const instances = examples.map(({ input }) => input)
  const { status, body } = await post(`${url}/models/${name}/predict`, { instances })
  expect({ name, status, body }).toMatchObject({ status: 200 })
  const predictions = body.predictions as unknown[]
  return Math.max(...examples.map(({ prediction }, index) => deviation(prediction, predictions[index])))
}

/** Sends texts one by one. Returns how many are answered, as by the original, and how many are refused. */
async function compareTexts(
  url: string,
  name: string,
  { examples }: Case,
): Promise<[answered: number, refused: number]> {
  let refused = 0
  for (const { input, prediction } of examples) {
    const { status, body } = await post(`${url}/models/${name}/predict`, { instances: [input] })
    if (status === 400) refused++
    else {
      const isAlike = deviation(prediction, body.predictions[0]) <= TOLERANCE
      expect({ name, input, prediction, body, isAlike }).toMatchObject({ isAlike: true })
    }
  }
  return [examples.length - refused, refused]
}

describe.runIf(PYTHON)('models whose plain export is known to be wrong', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-serve-plain-'))
  let cases: Readonly<Record<string, Case>> = {}
  beforeAll(() => {
    const script = join(ROOT, 'test/support/make_plain_exports.py')
    const { status, stderr } = spawnSync(PYTHON!, [script, folder], { cwd: ROOT, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as typeof cases
    return () => rmSync(folder, { recursive: true })
  }, 120_000)

  test('the export tool refuses models whose plain export is wrong with the fault and a remedy, or exports them correctly', () => {
    expect(Object.keys(cases).toSorted()).toEqual(Object.keys(CASES).toSorted())
    for (const [name, { refusal }] of Object.entries(cases)) {
      const found = { name, refusal }
      if (isExported(name)) expect(found).toEqual({ name, refusal: null })
      else expect(found).toEqual({ name, refusal: expect.stringMatching(CASES[name] as RegExp) })
    }
  })

  test('models that the export tool writes instead of a wrong plain export answer as the originals do', async () => {
    const { url } = await startServer({ args: ['--model-dir', join(folder, 'tool')] })
    for (const [name, found] of Object.entries(cases).filter(([each]) => isExported(each) && !TEXTS.includes(each))) {
      const worst = await worstOf(url, name, found)
      expect({ name, isClose: worst <= TOLERANCE, worst }).toMatchObject({ isClose: true })
    }
  })

  test('plain exports that are known to be wrong still are, and a warning names each that the graph shows', async () => {
    const server = await startServer({ args: ['--model-dir', join(folder, 'plain')] })
    for (const [name, found] of Object.entries(cases)) {
      const { warnings = [] } = (await get(`${server.url}/models/${name}`)).body as { warnings?: string[] }
      const warning = WARNINGS[name]
      const given = warnings.filter((text) => !text.startsWith('output '))
      expect({ name, given }).toEqual({ name, given: warning ? [expect.stringMatching(warning)] : [] })
      for (const text of given) await server.line(({ msg, model }) => msg === text && model === name)
      if (TEXTS.includes(name) || GAPS_REFUSED.has(name)) continue
      const worst = await worstOf(server.url, name, found)
      expect({ name, isWrong: worst > TOLERANCE, worst }).toMatchObject({ isWrong: true })
    }
    for (const name of GAPS_REFUSED) {
      const instances = cases[name]!.examples.map(({ input }) => input)
      expect(await post(`${server.url}/models/${name}/predict`, { instances })).toMatchObject({ status: 400 })
    }
  })

  test('plain and corrected exports of text models answer as the originals do, or refuse the text', async () => {
    const [plain, tool] = await Promise.all(
      ['plain', 'tool'].map((each) => startServer({ args: ['--model-dir', join(folder, each)] })),
    )
    for (const name of TEXTS) {
      const [, refused] = await compareTexts(plain!.url, name, cases[name]!)
      const [answered] = await compareTexts(tool!.url, name, cases[name]!)
      expect({ name, isRefused: refused > 0, isAnswered: answered > 0 }).toEqual({
        name,
        isRefused: true,
        isAnswered: true,
      })
    }
  })
})
