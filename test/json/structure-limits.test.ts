import { describe, expect, test } from 'vitest'
import { checkStructure } from '../../src/json/structure-limits.ts'
import { errorOf } from '../support/errors.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const PADDING = ' '.repeat(2 ** 16)

describe('limits on the structure of JSON', () => {
  test('JSON with a thousand nested arrays is accepted, and with one more it is refused', () => {
    expect(checkStructure(PADDING + nested(1000))).toBeUndefined()
    const error = errorOf(() => checkStructure(PADDING + nested(1001)))
    expect(error.message).toBe('expected at most 1000 nested arrays and objects')
  })

  test('JSON with a million objects is accepted, and with more than 2^20 it is refused', () => {
    expect(checkStructure(`[${'{},'.repeat(1_000_000)}{}]`)).toBeUndefined()
    const error = errorOf(() => checkStructure(`[${'{},'.repeat(2 ** 20)}{}]`))
    expect(error.message).toBe('expected at most 1048576 arrays and objects')
  })

  test('brackets within JSON strings do not count as nesting, not even after an escaped quote', () => {
    expect(checkStructure(`${PADDING}["${'['.repeat(2000)}","\\"${'{'.repeat(2000)}\\\\"]`)).toBeUndefined()
    expect(() => checkStructure(`${PADDING}["\\\\",${nested(1000)}]`)).toThrow('nested')
  })

  test('the limits on nesting leave a JSON string that never ends to the parser', () => {
    expect(checkStructure(`${PADDING}${nested(600)}"${'['.repeat(2000)}`)).toBeUndefined()
  })
})
