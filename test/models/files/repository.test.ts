import { symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { compareVersions, findModels } from '../../../src/models/files/repository.ts'
import { createFolder } from '../../support/folders.ts'
import type { Content } from '../../support/folders.ts'

async function find(files: Readonly<Record<string, Content>>) {
  const folder = createFolder(files)
  const found = await findModels(folder)
  return found.map(({ name, version, file, modelJsonFile, problem }) => ({
    name,
    version,
    file: relative(folder, file),
    ...(modelJsonFile && { modelJsonFile: relative(folder, modelJsonFile) }),
    ...(problem && { problem }),
  }))
}

test('the repository finds versions in folders, newest last, and the model.json beside them', async () => {
  const files = { 'm/10/model.onnx': 'x', 'm/2/model.onnx': 'x', 'm/model.json': '{}', 'm/3/notes.txt': 'x' }
  expect(await find(files)).toEqual([
    { name: 'm', version: '2', file: 'm/2/model.onnx', modelJsonFile: 'm/model.json' },
    { name: 'm', version: '10', file: 'm/10/model.onnx', modelJsonFile: 'm/model.json' },
  ])
})

test('the model.json beside a version is for that version, and the one above is for the others', async () => {
  const files = { 'm/1/model.onnx': 'x', 'm/1/model.json': '{}', 'm/2/model.onnx': 'x' }
  expect(await find(files)).toEqual([
    { name: 'm', version: '1', file: 'm/1/model.onnx', modelJsonFile: 'm/1/model.json' },
    { name: 'm', version: '2', file: 'm/2/model.onnx' },
  ])
  expect(await find({ ...files, 'm/model.json': '{}' })).toMatchObject([
    { version: '1', modelJsonFile: 'm/1/model.json' },
    { version: '2', modelJsonFile: 'm/model.json' },
  ])
})

test('a model file without a folder is version 1', async () => {
  expect(await find({ 'b.onnx': 'x', 'a.v2.onnx': 'x', 'README.md': 'x' })).toEqual([
    { name: 'a.v2', version: '1', file: 'a.v2.onnx' },
    { name: 'b', version: '1', file: 'b.onnx' },
  ])
})

test('the repository follows links, as in mounted volumes, and skips hidden folders', async () => {
  const folder = createFolder({ '..data/m.onnx': 'x', '.git/1/model.onnx': 'x' })
  symlinkSync(join(folder, '..data/m.onnx'), join(folder, 'm.onnx'))
  expect((await findModels(folder)).map(({ name }) => name)).toEqual(['m'])
})

test('a file and a folder of the same name are both refused, and the error says what to do', async () => {
  const files = { 'm.onnx': 'x', 'm/1/model.onnx': 'x', 'other.onnx': 'x' }
  const problem = 'two models are named m: the file m.onnx and the folder m; rename or remove one'
  expect(await find(files)).toEqual([
    { name: 'm', version: '1', file: 'm/1/model.onnx', problem },
    { name: 'other', version: '1', file: 'other.onnx' },
  ])
})

test.each([
  [
    { 'm/model.onnx': 'x', 'm/other.onnx': 'x' },
    'no m/<version>/model.onnx was found: move m/model.onnx to m/1/model.onnx',
  ],
  [
    { 'm/3/red.onnx': 'x', 'm/3/white.onnx': 'x' },
    'no m/<version>/model.onnx was found: move m/3/red.onnx to m/1/model.onnx',
  ],
  [{ 'm/a/b/c/model.onnx': 'x', 'm/model.json': '{}' }, 'no m/<version>/model.onnx was found: put the file there'],
  [{ 'm/model.json': '{}' }, 'no m/<version>/model.onnx was found: put the file there'],
])('a model folder in which no model is found has an error that says what to do: %j', async (files, problem) => {
  expect(await find(files)).toMatchObject([{ name: 'm', problem }])
})

test('a folder that has nothing to do with models is skipped', async () => {
  expect(await find({ 'notes/today.txt': 'x', 'a.onnx': 'x' })).toHaveLength(1)
})

test('the repository throws an error if its folder cannot be read', async () => {
  await expect(findModels('/nowhere/at/all')).rejects.toMatchObject({ code: 'ENOENT' })
})

test('versions that are numbers are compared as numbers', () => {
  expect(['10', '9', '1.10', '1.9', 'b', 'a'].toSorted(compareVersions)).toEqual(['1.9', '1.10', '9', '10', 'a', 'b'])
})

test.each<[string, Readonly<Record<string, Content>>, object]>([
  [
    'a file, its model.json and its examples.json',
    { 'model.onnx': 'x', 'model.json': '{}', 'examples.json': '{}' },
    { name: 'given', version: '1', modelJsonFile: expect.any(String), examplesFile: expect.any(String) },
  ],
  [
    'numbered versions',
    { '3/model.onnx': 'x', '3/examples.json': '{}', 'model.json': '{}' },
    { name: 'given', version: '3', modelJsonFile: expect.any(String), examplesFile: expect.any(String) },
  ],
])('a folder with %s is one model, as platforms mount it', async (_case, files, expected) => {
  const folder = createFolder(files)
  expect(await findModels(folder, 'given')).toEqual([{ file: expect.any(String), ...expected }])
  expect(await findModels(folder)).toMatchObject([{ name: 'model' }])
})

test.each<[string, string, object]>([
  ['under another name in a folder for a version', 'iris/2/flowers.onnx', { name: 'iris', version: '2' }],
  ['without a folder for its version', 'iris/model.onnx', { name: 'iris', version: '1' }],
  ["in the folders of Azure ML's registry", 'iris/3/outputs/model.onnx', { name: 'iris', version: '3' }],
])('the only model file in a folder is found %s', async (_case, path, expected) => {
  expect(await find({ [path]: 'x', 'conda.yaml': 'x' })).toEqual([{ ...expected, file: path }])
  const folder = createFolder({ [path]: 'x' })
  expect(await findModels(folder, 'given')).toHaveLength(1)
})

test('model.json and examples.json are found beside the only model file, or in the given folder', async () => {
  const deeper = createFolder({
    'a/b/c/m.onnx': 'x',
    'a/b/c/model.json': '{}',
    'model.json': '{}',
    'examples.json': '{}',
  })
  expect(await findModels(deeper, 'given')).toEqual([
    {
      name: 'given',
      version: '1',
      file: join(deeper, 'a/b/c/m.onnx'),
      modelJsonFile: join(deeper, 'a/b/c/model.json'),
      examplesFile: join(deeper, 'examples.json'),
    },
  ])
})

test('a file may be given in place of a folder, and the name of a found folder overrides a given name', async () => {
  const folder = createFolder({ 'a.onnx': 'x' })
  expect(await findModels(join(folder, 'a.onnx'))).toMatchObject([{ name: 'a' }])
  const named = createFolder({ 'iris/1/model.onnx': 'x', '2/model.onnx': 'x' })
  expect(await findModels(named, 'given')).toContainEqual(expect.objectContaining({ name: 'iris', version: '1' }))
})
