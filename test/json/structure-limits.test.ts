import { describe, expect, test } from 'vitest'
import { checkStructure } from '../../src/json/structure-limits.ts'
import { errorOf } from '../support/errors.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const PADDING = ' '.repeat(2 ** 16)

describe('limits on the structure of JSON', () => {
  test('a thousand nested arrays pass, and one more is refused', () => {
    expect(checkStructure(PADDING + nested(1000))).toBeUndefined()
    const error = errorOf(() => checkStructure(PADDING + nested(1001)))
    expect(error.message).toBe('expected at most 1000 nested arrays and objects')
  })

  test('a million objects pass, and more than 2^20 are refused', () => {
    expect(checkStructure(`[${'{},'.repeat(1_000_000)}{}]`)).toBeUndefined()
    const error = errorOf(() => checkStructure(`[${'{},'.repeat(2 ** 20)}{}]`))
    expect(error.message).toBe('expected at most 1048576 arrays and objects')
  })

  test('brackets within strings do not count, also behind an escaped quote', () => {
    expect(checkStructure(`${PADDING}["${'['.repeat(2000)}","\\"${'{'.repeat(2000)}\\\\"]`)).toBeUndefined()
    expect(() => checkStructure(`${PADDING}["\\\\",${nested(1000)}]`)).toThrow('nested')
  })

  test('a string that never ends is left to the parser', () => {
    expect(checkStructure(`${PADDING}${nested(600)}"${'['.repeat(2000)}`)).toBeUndefined()
  })
})
