import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { modelJsonSchema, readModelJson } from '../../../src/models/files/model-json.ts'
import { createFolder } from '../../support/folders.ts'
import { MODELS, ROOT } from '../../support/paths.ts'

function read(content: string) {
  return readModelJson(join(createFolder({ 'model.json': content }), 'model.json'))
}

test('the model.json of the default model has its features and labels', async () => {
  const { features, labels } = await readModelJson(join(MODELS, 'iris/model.json'))
  expect(features!.map(({ name }) => name)).toEqual(['sepal_length', 'sepal_width', 'petal_length', 'petal_width'])
  expect(labels).toEqual(['setosa', 'versicolor', 'virginica'])
})

test.each([
  ['{', /^model\.json is not valid JSON: /],
  ['[]', /^model\.json: the file: .*expected object/],
  ['{"features":[{"name":"a","type":"float"}]}', /^model\.json: features\.0\.type: /],
  ['{"features":[{"name":"a"},{"name":"a"}]}', /features: two features have the same name/],
  ['{"labels":["a","a"]}', /labels: two labels are the same/],
  ['{"labels":["a",1]}', /labels: /],
  ['{"limits":{"maxRows":0},"labls":[]}', /limits\.maxRows: .*; .*labls/],
])('the model.json %s is refused with an error that shows what is wrong', async (content, message) => {
  await expect(read(content)).rejects.toThrow(message)
})

test('the error about a model.json that cannot be read does not contain its path', async () => {
  await expect(readModelJson('/nowhere/model.json')).rejects.toThrow('model.json cannot be read (ENOENT)')
})

test('the published JSON Schema of model.json is the one that the code makes', () => {
  const published: unknown = JSON.parse(readFileSync(join(ROOT, 'docs/model.schema.json'), 'utf8'))
  expect(published, 'run: npm run schema').toEqual(modelJsonSchema())
})
