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
    expect(rule).toMatchObject({ input: 'review', pattern: tokenexp, hasPairs: true, lowers: 'none' })
  }
  return rules.map(({ kind }) => kind)
}

describe('the patterns of a Tokenizer', () => {
  test('a Tokenizer pattern that stands for the default of scikit-learn reads words of ASCII alone', () => {
    expect(kindsOf('[a-zA-Z0-9_]+')).toEqual(['words'])
    expect(kindsOf('[0-9A-Z_a-z]+')).toEqual(['words'])
    expect(kindsOf('([a-zA-Z0-9_]+)')).toEqual(['words'])
  })

  test('a Tokenizer pattern gets a rule for each class that means ASCII, and for the dot', () => {
    expect(kindsOf(String.raw`\b\w+\b`)).toEqual(['letters'])
    expect(kindsOf(String.raw`\d+`)).toEqual(['digits'])
    expect(kindsOf(String.raw`\S+`)).toEqual(['spaces'])
    expect(kindsOf(String.raw`[\w\s]+`)).toEqual(['letters', 'spaces'])
    expect(kindsOf('.')).toEqual(['characters'])
  })

  test('a Tokenizer pattern that means the same in Python gets no rule', () => {
    expect(kindsOf(String.raw`[\pL\pN_][\pL\pN_]+`)).toEqual([])
    expect(kindsOf('[a-zA-Z]+')).toEqual([])
    expect(kindsOf('[a-zA-Z0-9_]')).toEqual([])
    expect(kindsOf(String.raw`\\w+`)).toEqual([])
  })
})

describe('a lower case before the Tokenizer', () => {
  /** Kinds of rules behind a StringNormalizer, by its locale and the words that are counted. */
  const kindsBehind = (locale: string, words: readonly string[], tokenexp = String.raw`[\pL]+`): unknown[] => {
    const lower = { case_change_action: 'LOWER', locale }
    const file = tableModel({
      inputs: { review: 1 },
      types: { review: STRING },
      nodes: [
        { operator: 'StringNormalizer', inputs: ['review'], outputs: ['lower'], attributes: lower },
        { operator: 'com.microsoft.Tokenizer', inputs: ['lower'], outputs: ['words'], attributes: { tokenexp } },
        { operator: 'TfIdfVectorizer', inputs: ['words'], outputs: ['counts'], attributes: { pool_strings: words } },
      ],
      outputs: { counts: 3 },
    })
    return readModelFile(sourceOf(file)).textRules.map(({ kind, lowers }) => `${kind} of ${lowers}`)
  }

  test('a lower case in the locale C knows ASCII alone, which matters if the vocabulary has other words', () => {
    expect(kindsBehind('C', ['film', 'café'])).toEqual(['upper of ascii'])
    expect(kindsBehind('POSIX', ['café'])).toEqual(['upper of ascii'])
    expect(kindsBehind('C', ['film'])).toEqual(['special of ascii'])
  })

  test('a lower case in another locale knows all letters except special ones', () => {
    expect(kindsBehind('C.UTF-8', ['café'])).toEqual(['special of all'])
    expect(kindsBehind('en_US.UTF-8', ['film'])).toEqual(['special of all'])
  })

  test('a lower case in the locale C gets no rule for capitals if the Tokenizer reads only ASCII words', () => {
    expect(kindsBehind('C', ['café'], '[a-zA-Z0-9_]+')).toEqual(['words of ascii', 'special of ascii'])
  })
})

test('exports of the parity suite read words of every alphabet, except those with the pattern of skl2onnx', () => {
  const kindsOfFile = (name: string) => {
    const { textRules } = readModelFile(fileSource(join(FIXTURES, 'parity', name, '1/model.onnx')))
    for (const rule of textRules) expect(rule).toMatchObject({ input: 'text', lowers: 'ascii' })
    return textRules.map(({ kind, hasPairs }) => [kind, hasPairs])
  }
  expect(kindsOfFile('text-classifier')).toEqual([['special', true]])
  expect(kindsOfFile('text-default-pattern')).toEqual([
    ['words', false],
    ['special', false],
  ])
  expect(kindsOfFile('text-default-pattern-pairs')).toEqual([
    ['words', true],
    ['special', true],
  ])
})
