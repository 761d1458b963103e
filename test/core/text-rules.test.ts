import { describe, expect, test } from 'vitest'
import { findMisread } from '../../src/core/text-rules.ts'
import type { TextRule } from '../../src/core/text-rules.ts'

function misreadBy(rule: Partial<TextRule>): (text: string) => string | undefined {
  const whole: TextRule = { input: 'text', pattern: '', kind: 'words', hasPairs: false, lowers: 'all', ...rule }
  return (text) => findMisread(text, whole)
}

describe('a file that reads words of ASCII alone', () => {
  const misread = misreadBy({ kind: 'words' })

  test('a file that reads only ASCII words misreads the first word with another letter', () => {
    expect(misread('a naïve idea')).toBe('naïve')
    expect(misread('한국 영화')).toBe('한국')
    expect(misread('the year ２０２６')).toBe('２０２６')
    expect(misread('NAÏVE')).toBe('naïve')
  })

  test('a file that reads only ASCII words reads all of ASCII correctly, also single characters', () => {
    expect(misread('A film, and it is a 5!')).toBeUndefined()
    expect(misread('')).toBeUndefined()
  })

  test('a file that reads only ASCII words does not misread characters that the original puts in no word', () => {
    expect(misread('“quoted” — 10 € 😀')).toBeUndefined()
    // The letter and its accent are two characters: Python ends the word there as well.
    expect(misread('cafe\u0301 society')).toBeUndefined()
    expect(misread('x é y')).toBeUndefined()
  })

  test('a file that reads only ASCII words misreads the Kelvin sign, whose lower case is ASCII', () => {
    expect(misread('\u212Aelvin')).toBe('kelvin')
    expect(misreadBy({ lowers: 'none' })('\u212Aelvin')).toBe('\u212Aelvin')
  })

  test('a file that counts pairs of words misreads single characters between words, but not around them', () => {
    const pairs = misreadBy({ kind: 'words', hasPairs: true })
    expect(pairs('this is a bad film')).toBe('a')
    expect(pairs('a film it is, B')).toBeUndefined()
    expect(pairs('a b c')).toBeUndefined()
    expect(pairs("the film's end")).toBe('s')
    expect(pairs('Das ist schön')).toBe('schön')
  })

  test('the search for misread text ends in time for a word of two million letters', () => {
    expect(misread(`${'a'.repeat(2_000_000)}é`)).toHaveLength(2_000_001)
    expect(misreadBy({ kind: 'letters' })(`${'a'.repeat(2_000_000)}é`)!.length).toBeLessThan(100)
  })
})

describe('a class of a pattern that means ASCII', () => {
  test('a pattern with ASCII classes misreads other letters, digits or spaces, together with the text around them', () => {
    expect(misreadBy({ kind: 'letters' })('the naïve one')).toBe('naïve')
    expect(misreadBy({ kind: 'digits' })('in ２０２６ naïve')).toBe('２０２６')
    expect(misreadBy({ kind: 'spaces' })('no\u00A0break naïve')).toBe('no\u00A0break')
  })

  test('a pattern with ASCII classes reads ASCII text as the original does', () => {
    for (const kind of ['letters', 'digits', 'spaces'] as const) {
      expect(misreadBy({ kind })('A_b 12\t3\n-!')).toBeUndefined()
    }
  })
})

test('a file that counts every character misreads several spaces in a row', () => {
  const misread = misreadBy({ kind: 'characters' })
  expect(misread('one  two')).toBe('one  two')
  expect(misread('one two\nthree é')).toBeUndefined()
})

describe('a lower case that differs from the one of Python', () => {
  test('a lower case of ASCII alone misreads capital letters beyond ASCII', () => {
    const misread = misreadBy({ kind: 'upper', lowers: 'ascii' })
    expect(misread('in ŁÓDŹ')).toBe('ŁÓDŹ')
    expect(misread('In łódź, naïve')).toBeUndefined()
  })

  test('a lower case of ASCII alone misreads other letters whose lower case is in ASCII', () => {
    const misread = misreadBy({ kind: 'special', lowers: 'ascii' })
    expect(misread('5 \u212Aelvin')).toBe('\u212Aelvin')
    expect(misread('İstanbul')).toBe('İstanbul')
    expect(misread('ŁÓDŹ, ΟΔΟΣ')).toBeUndefined()
  })

  test('a lower case of all letters misreads a sigma at the end of a word, and a dotted capital I', () => {
    const misread = misreadBy({ kind: 'special', lowers: 'all' })
    expect(misread('η ΟΔΟΣ.')).toBe('ΟΔΟΣ.')
    expect(misread('İstanbul')).toBe('İstanbul')
    expect(misread('ΣΩΚΡΑΤΗ, 5 \u212Aelvin, ŁÓDŹ')).toBeUndefined()
  })
})
