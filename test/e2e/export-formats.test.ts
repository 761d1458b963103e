import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { post } from '../support/http.ts'
import { deviation } from '../support/parity.ts'
import { ROOT } from '../support/paths.ts'
import { startServer } from '../support/server-process.ts'

// A Python with the packages of tools/requirements-fixtures.txt; without one these tests are skipped.
const PYTHON = process.env['EXPORT_PYTHON']
const HAS_SAMPLERS = PYTHON !== undefined && python('-c', 'import imblearn').status === 0
const TOLERANCE = 1e-4

/** What the tool makes of a file: an export, with rows and the answers of the library that trained it, or a refusal. */
interface Case {
  readonly rows?: readonly object[]
  readonly predictions?: readonly unknown[] | null
  readonly output?: string
  readonly refusal?: string
}

const SERVED = [
  'xgboost-binary',
  'xgboost-ubj',
  'xgboost-pickle',
  'xgboost-classes',
  'xgboost-numbers',
  'xgboost-early',
  'lightgbm-binary',
  'lightgbm-pickle',
  'lightgbm-classes',
  'lightgbm-numbers',
  'catboost-classes',
  'catboost-numbers',
  'catboost-pickle',
]
const SEVERAL_LABELS = ['xgboost-labels', 'xgboost-parallel', 'catboost-labels']
const AROUND = ['dict', 'nested', 'encoder', 'steps', 'search', 'module-given', 'main-given']
const THRESHOLDS = ['threshold-fixed', 'threshold-first', 'threshold-tuned', 'threshold-last']
const SAMPLED = ['sampled', 'sampled-threshold']

/** Each says what stopped the export, and what to try. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  parts:
    /parts\.pkl holds several estimators: model \(LogisticRegression\), scaler .* --steps scaler,model; or one alone/,
  'steps-unknown': /has no estimator named modle for --steps; it has model, scaler$/,
  'threshold-scores': /threshold of FixedThresholdClassifier is one of scores, .*response_method='predict_proba'/,
  module: /needs the module 'notes', which is not found here: name the folder of its code with --code/,
  main: /needs Card, which the program defined that wrote it: .*--code train\.py/,
  'main-fails': /--code .*bare\.py fails when it is imported \(ValueError: no data\): put .* under `if __name__/,
  'code-missing': /there is nothing at --code .*none\.py: name a folder or a file/,
  frame:
    /holds a pandas DataFrame and no trained model: write the trained model with joblib\.dump; a table is for --data, as CSV\. If the table itself is the model, build a graph from it as examples\/recommender\/build\.py does/,
  array: /holds a NumPy ndarray and no trained model: write the trained model itself/,
  text: /holds a str and no trained model: write/,
  nothing: /holds an empty dict and no trained model: write/,
  'only-encoder': /holds a dict of le and no trained model: write/,
  class: /holds the class LogisticRegression itself and no trained model: write/,
  untrained: /holds a LogisticRegression that was not trained: call its fit/,
  'untrained-step': /holds a StandardScaler that was not trained: call its fit/,
  cut: /is cut off: copy it again/,
  'no-pickle': /is no pickle, nor another file that this tool knows: write the model with joblib\.dump/,
  missing: /there is no file nothing-here\.pkl: check its path/,
  'keras-h5': /HDF5, .*python -m tf2onnx\.convert --keras model\.h5 --output model\.onnx/,
  keras: /Keras model: .*python -m tf2onnx\.convert --keras model\.keras --output model\.onnx/,
  'saved-model-file': /SavedModel: .*tf2onnx\.convert --saved-model saved_model --output/,
  graphdef: /graph of TensorFlow: .*tf2onnx\.convert --graphdef frozen\.pb/,
  tar: /is an archive: unpack it with: tar xf model\.tar\.gz/,
  r: /is an object of R: write the file of its library/,
  torch: /PyTorch file, .*torch\.onnx\.export\(model\.eval\(\)/,
  'torch-old': /PyTorch file, .*torch\.onnx\.export\(model\.eval\(\)/,
  torchscript: /TorchScript file: .*torch\.jit\.load\("script\.pt"\); torch\.onnx\.export/,
  pmml: /PMML, which nothing converts to ONNX: export what it was made of/,
  safetensors: /holds weights and no model: .*optimum-cli export onnx --model <folder> --task/,
  gguf: /GGUF, .*optimum-cli export onnx --model <organisation>\/<name> --task/,
  transformers: /folder of Hugging Face: .*optimum-cli export onnx --model hugging_face --task text-classification out/,
  spark: /is a model of Spark: .*pip install onnxmltools pandas; .*convert_sparkml\(model/,
  'spark-alone': /is a model of Spark: .*convert_sparkml/,
  'saved-model': /SavedModel: .*tf2onnx\.convert --saved-model saved_model/,
  mlflow: /folder of MLflow: give this tool the file within, such as mlflow\/model\.pkl/,
  folder: /is a folder: name the file/,
  tflite: /TensorFlow Lite model: .*tf2onnx\.convert --tflite model\.tflite/,
  onnx: /ONNX model already: copy it: mkdir -p models\/<name>\/1 && cp model\.onnx/,
  'onnx-renamed': /ONNX model already: copy it: .*cp renamed\.bin/,
  skops: /file of skops: .*skops\.io\.load\("model\.skops"/,
  'xgboost-old': /binary format that XGBoost 3\.1 removed: .*pip install "xgboost<3\.1"/,
  'lightgbm-cut': /^LightGBM crashes \(SIGABRT\) when it reads .*: it may be cut off/,
  'search-alone': /the GridSearchCV kept no model: train it with refit=True/,
  'xgboost-broken': /no model that XGBoost can read here \(.*\): write it again/,
  'lightgbm-json': /JSON of LightGBM's dump_model, .*booster\.save_model\("model\.txt"\)/,
  json: /is JSON, but no model of XGBoost or CatBoost: write/,
  csv: /is a table: name the file of the model first/,
  empty: /is empty: write it again/,
  'version-old': /written by scikit-learn 0\.9\.9, and this is .* too old .* train the model again/,
}

function python(...args: string[]) {
  return spawnSync(PYTHON ?? 'python3', args, { cwd: ROOT, encoding: 'utf8' })
}

describe.runIf(PYTHON)('the export tool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-serve-formats-'))
  let cases: Readonly<Record<string, Case>> = {}
  beforeAll(() => {
    const { status, stderr } = python('test/support/make_formats.py', folder)
    if (status !== 0) throw new Error(stderr)
    cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as typeof cases
    return () => rmSync(folder, { recursive: true })
  }, 180_000)

  async function expectServed(names: readonly string[]): Promise<void> {
    const models = createFolder({})
    for (const name of names) cpSync(join(folder, 'models', name), join(models, name), { recursive: true })
    const { url } = await startServer({ args: ['--model-dir', models] })
    for (const name of names) {
      const { rows, predictions, refusal } = cases[name]!
      expect({ name, refusal }).toEqual({ name, refusal: undefined })
      const { status, body } = await post(`${url}/models/${name}/predict`, { instances: rows })
      expect({ name, status }).toEqual({ name, status: 200 })
      const isClose = deviation(predictions, body.predictions) < TOLERANCE
      expect({ name, isClose }).toEqual({ name, isClose: true })
    }
  }

  test('exported files and pickled boosters of XGBoost, LightGBM and CatBoost answer as these libraries do', async () => {
    await expectServed(SERVED)
  })

  test('exported models of XGBoost and CatBoost with several labels are served', async () => {
    await expectServed(SEVERAL_LABELS)
  })

  test('the export tool finds the estimator in a dict or list, or takes the named steps', async () => {
    await expectServed(AROUND)
    expect(cases['dict']!.output).toContain('exports the member model (Pipeline)')
    expect(cases['encoder']!.output).toContain(
      'le is left out; if it encoded the target, name the classes with --labels no,yes',
    )
  })

  test('the export tool keeps the threshold of a classifier', async () => {
    await expectServed(THRESHOLDS)
    const thresholdOf = (name: string): unknown =>
      (JSON.parse(readFileSync(join(folder, 'models', name, 'model.json'), 'utf8')) as { threshold: unknown }).threshold
    expect(thresholdOf('threshold-fixed')).toBe(0.2)
    expect(thresholdOf('threshold-first')).toEqual({ label: 'no', atLeast: 0.3 })
    expect(thresholdOf('threshold-tuned')).toEqual(expect.any(Number))
  })

  test.runIf(HAS_SAMPLERS)('exported pipelines of imbalanced-learn are served without their sampler', async () => {
    await expectServed(SAMPLED)
    expect(cases['sampler']!.refusal).toMatch(/has samplers and no model: add the model/)
  })

  test.each(Object.keys(REFUSED))('the export tool refuses %s with a next step', (name) => {
    expect(cases[name]?.refusal).toMatch(REFUSED[name]!)
    expect(existsSync(join(folder, 'models', name))).toBe(false)
  })

  test.each(['0', '1', '2', '3', '4', '5', 'packed'])(
    'the export tool names the version of scikit-learn that wrote a pickle of protocol %s',
    (protocol) => {
      const lines = cases[`version-${protocol}`]!.refusal!.split('\n')
      expect(lines[0]).toMatch(
        /was written by scikit-learn 1\.2\.2, and this is \d+\.\d+\.\d+: export it with the same version/,
      )
      expect(lines.slice(1)).toEqual([
        '  python3.11 -m venv export-1.2.2',
        "  export-1.2.2/bin/pip install -r tools/requirements-export.txt scikit-learn==1.2.2 'numpy<2' 'scipy<1.12' 'pandas<3'",
        expect.stringMatching(/^ {2}export-1\.2\.2\/bin\/python \S+/),
      ])
    },
  )

  test('the commands for another version of scikit-learn also install the other libraries that the pickle names', () => {
    expect(cases['version-sampled']!.refusal).toMatch(/install .* scikit-learn==1\.4\.2 'pandas<3' imbalanced-learn\n/)
  })

  test('the export tool always ends with one error and no traceback', () => {
    writeFileSync(join(folder, 'rows.csv'), 'a,b,c d\n1,2,3\n')
    const args = ['--data', join(folder, 'rows.csv'), '--out', join(folder, 'out')]
    const frame = python('tools/export_sklearn.py', join(folder, 'frame.pkl'), ...args)
    expect(frame).toMatchObject({ status: 1, stderr: expect.stringMatching(/\nerror: .*holds a pandas DataFrame/) })
    // Without site-packages, nothing that the tool needs is there.
    const bare = python('-S', 'tools/export_sklearn.py', join(folder, 'frame.pkl'), ...args)
    expect(bare.status).toBe(1)
    expect(bare.stderr).toMatch(
      /^error: this Python lacks the module \w+: pip install -r tools\/requirements-export\.txt\n$/,
    )
    expect(frame.stderr + bare.stderr).not.toContain('Traceback')
  })
})
