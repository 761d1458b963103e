import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { fileSource, sourceOf } from '../support/bytes.ts'
import { FIXTURES } from '../support/paths.ts'
import { tableModel } from '../support/table-model.ts'

const STRING = 8

/** Two inputs of strings; the first goes through a Tokenizer with this pattern. */
function kindsOf(tokenexp: string): unknown[] {
  const file = tableModel({
    inputs: { review: 1, city: 1 },
    types: { review: STRING, city: STRING },
    nodes: [
      { operator: 'Flatten', inputs: ['review'], outputs: ['flat'] },
      { operator: 'com.microsoft.Tokenizer', inputs: ['flat'], outputs: ['words'], attributes: { tokenexp } },
      { operator: 'TfIdfVectorizer', inputs: ['words'], outputs: ['counts'], attributes: { max_gram_length: 2 } },
      { operator: 'Identity', inputs: ['city'], outputs: ['same'] },
    ],
    outputs: { counts: 3, same: 1 },
  })
  const rules = readModelFile(sourceOf(file)).textRules
  for (const rule of rules) {
    expect(rule).toMatchObject({ input: 'review', pattern: tokenexp, hasPairs: true, isLowered: false })
  }
  return rules.map(({ kind }) => kind)
}

describe('the patterns of a Tokenizer', () => {
  test('that stand for the default of scikit-learn read words of ASCII alone', () => {
    expect(kindsOf('[a-zA-Z0-9_]+')).toEqual(['words'])
    expect(kindsOf('[0-9A-Z_a-z]+')).toEqual(['words'])
    expect(kindsOf('([a-zA-Z0-9_]+)')).toEqual(['words'])
  })

  test('with classes read these for ASCII alone', () => {
    expect(kindsOf(String.raw`\b\w+\b`)).toEqual(['letters'])
    expect(kindsOf(String.raw`\d+`)).toEqual(['digits'])
    expect(kindsOf(String.raw`\S+`)).toEqual(['spaces'])
    expect(kindsOf(String.raw`[\w\s]+`)).toEqual(['letters', 'spaces'])
    expect(kindsOf('.')).toEqual(['characters'])
  })

  test('that mean the same everywhere are no cause for concern', () => {
    expect(kindsOf(String.raw`[\pL\pN_][\pL\pN_]+`)).toEqual([])
    expect(kindsOf('[a-zA-Z]+')).toEqual([])
    expect(kindsOf('[a-zA-Z0-9_]')).toEqual([])
    expect(kindsOf(String.raw`\\w+`)).toEqual([])
  })
})

test('the exports of the parity suite read all texts alike, but for those with the pattern that skl2onnx chooses', () => {
  const rulesOf = (name: string) => readModelFile(fileSource(join(FIXTURES, 'parity', name, '1/model.onnx'))).textRules
  expect(rulesOf('text-classifier')).toEqual([])
  const rule = { input: 'text', pattern: '[a-zA-Z0-9_]+', kind: 'words', isLowered: true }
  expect(rulesOf('text-default-pattern')).toEqual([{ ...rule, hasPairs: false }])
  expect(rulesOf('text-default-pattern-pairs')).toEqual([{ ...rule, hasPairs: true }])
})
