import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pages } from '../support/pages.ts'
import { ROOT } from '../support/paths.ts'
import { sentencesOfComments, sentencesOfPage } from '../support/sentences.ts'
import type { Sentence } from '../support/sentences.ts'

const MAX_WORDS = 30
const MEDIAN_BELOW = 16
// The median of fewer sentences says little.
const MANY = 8
// A sentence that begins with one of these words is a fragment: "How long it takes." The second kind needs a comma, as in
// "When it ends, the file is removed.", to be more than a fragment.
const FRAGMENT = /^(?:(?:Whether|Whoever|Whatever|What|Whose)\b[^?]*|(?:Where|When|How|Which)\b[^?,]*)$/
// Phrases that a reader has to decode.
const RIDDLE = /\b(?:(?<!\bthere )(?:is|are) none|as it is one|told by|the like|whoever|whatever)\b/i

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file}`)

// The files that are held to the rules, and the function that finds their sentences.
const groups: readonly (readonly [files: readonly string[], read: (text: string) => Sentence[]])[] = [
  [pages, sentencesOfPage],
  [sources, sentencesOfComments],
]
const held = groups.flatMap(([files, read]) => files.map((file) => ({ file, read })))

const wordsOf = (sentences: readonly Sentence[]): number[] => sentences.map(({ words }) => words)

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}

describe.each(held)('the prose of $file', ({ file, read }) => {
  const sentences = read(readFileSync(join(ROOT, file), 'utf8'))
  const running = sentences.filter(({ isRunning }) => isRunning)

  test(`${file} has at most ${MAX_WORDS} words in a sentence`, () => {
    expect(sentences.filter(({ words }) => words > MAX_WORDS)).toEqual([])
  })

  test(`${file} has fewer than ${MEDIAN_BELOW} words in its median sentence, if it has ${MANY} sentences`, () => {
    expect(running.length < MANY ? 0 : median(wordsOf(running))).toBeLessThan(MEDIAN_BELOW)
  })

  test(`${file} has no sentence fragments`, () => {
    expect(running.filter(({ text }) => FRAGMENT.test(text))).toEqual([])
  })

  test(`${file} has no phrases that a reader has to decode`, () => {
    expect(sentences.filter(({ text }) => RIDDLE.test(text))).toEqual([])
  })
})

describe('the reader of sentences', () => {
  const textsOf = (sentences: readonly Sentence[]): string[] => sentences.map(({ text }) => text)

  test('the reader of sentences splits paragraphs at the ends of sentences, and not within numbers and names', () => {
    const page =
      'Node.js 20.19 is needed. libuv\nruns `a.b. C` first, e.g. here! Is "it" so? Yes: see [the page](x.md), or <http://a.b>.'
    expect(textsOf(sentencesOfPage(page))).toEqual([
      'Node.js 20.19 is needed.',
      'libuv runs CODE first, e.g. here!',
      'Is "it" so?',
      'Yes: see the page, or ADDRESS.',
    ])
    expect(wordsOf(sentencesOfPage(page))).toEqual([4, 6, 3, 6])
  })

  test('the reader of sentences skips headings, code and folded lists', () => {
    const page =
      '# A title\n\nOne.\n\n```sh\nls a b\n```\n\n<!-- made -->\n\n<details><summary>x</summary>a, b</details>\n'
    expect(textsOf(sentencesOfPage(page))).toEqual(['One.'])
  })

  test('the reader of sentences reads each item of a list on its own, with its further lines', () => {
    expect(textsOf(sentencesOfPage('Two:\n\n- one\n  more\n- **b** two\n1. three'))).toEqual([
      'Two:',
      'one more',
      'b two',
      'three',
    ])
  })

  test('the reader of sentences reads each cell of a table on its own, outside of the running text', () => {
    const sentences = sentencesOfPage('| a | `x|y` |\n| --- | --- |\n| one two | 3 |')
    expect(textsOf(sentences)).toEqual(['a', 'CODE', 'one two', '3'])
    expect(sentences.some(({ isRunning }) => isRunning)).toBe(false)
  })

  test('the reader of sentences reads the comments of a source, with each tag of a docstring on its own', () => {
    const source = `const a = 'http://x' // aside
// One two.
// Three
/**
 * Counts words, in
 * all languages.
 *
 * @param text Some text.
 * @returns A number
 */
function f() {}
/** Short. */`
    expect(textsOf(sentencesOfComments(source))).toEqual([
      'One two.',
      'Three',
      'Counts words, in all languages.',
      'Some text.',
      'A number',
      'Short.',
    ])
  })

  test('the reader of sentences counts words and a median', () => {
    const long = `${'word '.repeat(30)}end.`
    expect(wordsOf(sentencesOfPage(`One. ${long[0]!.toUpperCase()}${long.slice(1)}`))).toEqual([1, 31])
    expect(median([20, 1, 16])).toBe(16)
  })

  test('the test of prose knows a fragment', () => {
    expect(FRAGMENT.test('Whether it is ready.')).toBe(true)
    expect(FRAGMENT.test('What is it?')).toBe(false)
    expect(FRAGMENT.test('How long it takes.')).toBe(true)
    expect(FRAGMENT.test('When it ends, the file is removed.')).toBe(false)
  })

  test('the test of prose knows a phrase that a reader has to decode', () => {
    expect(RIDDLE.test('The version, where there is one, is told by the folder.')).toBe(true)
    expect(RIDDLE.test('None of these files is read.')).toBe(false)
  })
})
