import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { modelJsonSchema, readModelJson } from '../../../src/models/files/model-json.ts'
import { createFolder } from '../../support/folders.ts'
import { MODELS, ROOT } from '../../support/paths.ts'

function read(content: string) {
  return readModelJson(join(createFolder({ 'model.json': content }), 'model.json'))
}

test('the default model is described', async () => {
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
])('%s is refused with the place of each fault', async (content, message) => {
  await expect(read(content)).rejects.toThrow(message)
})

test('a file that cannot be read is refused without its path', async () => {
  await expect(readModelJson('/nowhere/model.json')).rejects.toThrow('model.json cannot be read (ENOENT)')
})

test('the published JSON Schema is that of the code', () => {
  const published: unknown = JSON.parse(readFileSync(join(ROOT, 'docs/model.schema.json'), 'utf8'))
  expect(published, 'run: npm run schema').toEqual(modelJsonSchema())
})
