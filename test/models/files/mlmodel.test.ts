import { expect, test } from 'vitest'
import { startApp } from '../../support/app.ts'
import { createFolder } from '../../support/folders.ts'
import { loadRegistry } from '../../support/registry.ts'

// As mlflow 3.17 writes it, folds of its lines included.
const MLMODEL = `artifact_path: model
flavors:
  onnx:
    data: model.onnx
    onnx_version: '1.19'
    providers:
    - CPUExecutionProvider
mlflow_version: 3.17.2
signature:
  inputs: '[{"type": "double", "name": "sepal length (cm)", "required": true}, {"type":
    "long", "name": "gr\\u00f6\\u00dfe", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
utc_time_created: '2026-11-25 10:23:31.572113'
`

function withInputs(inputs: string): string {
  return `signature:\n  inputs: '${inputs}'\n`
}

/** The features of a model of two columns, and what was warned of. */
async function load(mlmodel: string, others: Record<string, string> = {}) {
  const warnings: string[] = []
  const folder = { 'm/1/model.onnx': { model: 'regressor' }, 'm/1/MLmodel': mlmodel, ...others }
  const registry = await loadRegistry(folder, { onWarning: (_model, text) => warnings.push(text) })
  return { features: registry.get('m').view.features.map(({ name, type }) => ({ name, type })), warnings }
}

test('the signature of an MLmodel sets the names and types of the columns of a single input', async () => {
  expect(await load(MLMODEL)).toEqual({
    features: [
      { name: 'sepal length (cm)', type: 'number' },
      { name: 'größe', type: 'integer' },
    ],
    warnings: [],
  })
})

test('the features in model.json replace those of an MLmodel', async () => {
  const described = JSON.stringify({ features: [{ name: 'a' }, { name: 'b' }] })
  const { features } = await load(MLMODEL, { 'm/model.json': described })
  expect(features.map(({ name }) => name)).toEqual(['a', 'b'])
})

test('a model.json without features keeps the features of the MLmodel', async () => {
  const { features } = await load(MLMODEL, { 'm/model.json': '{"description":"x"}' })
  expect(features.map(({ name }) => name)).toEqual(['sepal length (cm)', 'größe'])
})

test.each([
  ['no signature', 'flavors: {}\n'],
  ['a signature that is null', 'signature: null\n'],
  ['a signature of tensors', withInputs('[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]')],
  ['columns without names', withInputs('[{"type": "double"}, {"type": "float"}]')],
  ['types that the input cannot hold', withInputs('[{"type": "string"}, {"type": "datetime"}]')],
  ['types of another kind', withInputs('[{"type": {"a": 1}}, {"type": "array", "items": {"type": "double"}}]')],
])('an MLmodel with %s does not change the features of a model', async (_case, mlmodel) => {
  expect(await load(mlmodel)).toEqual({
    features: [
      { name: 'x0', type: 'number' },
      { name: 'x1', type: 'number' },
    ],
    warnings: [],
  })
})

test.each([
  ['is no YAML', 'signature: [\n', /^MLmodel is ignored: Flow sequence/],
  ['is YAML of another kind', '- 1\n', /its signature has another form/],
  ['has a signature that is no JSON', withInputs('[{'), /^MLmodel is ignored: .*JSON/],
  ['has a signature of another form', withInputs('{"a": 1}'), /its signature has another form/],
  [
    'has another number of columns',
    withInputs('[{"type": "double", "name": "a"}]'),
    /has 1 columns, but the model has 2/,
  ],
  [
    'names a column twice',
    withInputs('[{"type": "double", "name": "a"}, {"type": "double", "name": "a"}]'),
    /two columns of its signature have the same name/,
  ],
  ['repeats itself without end', `a: &a [${'*a,'.repeat(200)}]\nsignature: *a\n`, /^MLmodel is ignored: /],
])('an MLmodel that %s causes a warning, and its model is still served', async (_case, mlmodel, warning) => {
  const { features, warnings } = await load(mlmodel)
  expect(features.map(({ name }) => name)).toEqual(['x0', 'x1'])
  expect(warnings).toEqual([expect.stringMatching(warning)])
})

test('a folder of MLflow, served unchanged, accepts data frames by the names of their columns', async () => {
  const folder = createFolder({ MLmodel: MLMODEL, 'model.onnx': { model: 'regressor' }, 'conda.yaml': 'a: 1\n' })
  const { app } = await startApp({ folder })
  const ask = async (dataframe: object) => {
    const body = JSON.stringify({ dataframe_split: dataframe })
    const headers = { 'content-type': 'application/json' }
    return app.inject({ method: 'POST', url: '/invocations', headers, payload: body })
  }
  const columns = ['größe', 'sepal length (cm)']
  expect((await ask({ columns, data: [[2, 1]] })).json()).toEqual({ predictions: [9] })
  const refused = await ask({ columns, data: [[2.5, 1]] })
  expect(refused.json().error).toBe('dataframe_split.data[0][0]: größe: expected an integer, got 2.5')
})
