import { describe, expect, test } from 'vitest'
import { joinPath, show } from '../../src/json/error-texts.ts'
import { Fraction } from '../../src/json/exact-json.ts'
import { InputProblems, invalid } from '../../src/json/input-problems.ts'

describe('a list of input problems', () => {
  test('the error message names the first input problem and counts the others, and its details list all', () => {
    const problems = new InputProblems()
    problems.add('instances[0].a', 'is missing')
    expect(problems.toError().message).toBe('instances[0].a: is missing')
    problems.add('', 'is empty')
    const { code, message, details } = problems.toError()
    expect({ code, message }).toEqual({ code: 'INVALID_INPUT', message: 'instances[0].a: is missing (and 1 more)' })
    expect(details).toEqual([
      { path: 'instances[0].a', message: 'is missing' },
      { path: '', message: 'is empty' },
    ])
  })

  test('an error keeps ten input problems, and its message says that there may be more', () => {
    const problems = new InputProblems()
    for (let row = 0; row < 12; row++) problems.add(`[${row}]`, 'is wrong')
    expect(problems.isFull).toBe(true)
    expect(problems.toError().message).toBe('[0]: is wrong (and at least 9 more)')
    expect(problems.toError().details).toHaveLength(10)
  })

  test('a problem of the whole body has no path in its error message', () => {
    expect(invalid('', 'the body is empty').message).toBe('the body is empty')
  })
})

describe('texts in errors', () => {
  test.each<[unknown, string]>([
    ['a "b"', '"a \\"b\\""'],
    ['x'.repeat(50), `"${'x'.repeat(40)}…"`],
    [12n, '12'],
    [new Fraction('1.0000000000000000001'), '1.0000000000000000001'],
    [[], 'an empty array'],
    [[1], 'an array'],
    [{ a: 1 }, 'an object'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [-Infinity, 'a number beyond every float'],
    [1.5, '1.5'],
  ])('an error message shows the value %o as %s', (value, text) => {
    expect(show(value)).toBe(text)
  })

  test.each([
    ['instances[3]', 'sepal_width', 'instances[3].sepal_width'],
    ['', 'größe', 'größe'],
    ['a', 'two words', 'a["two words"]'],
    ['a', '1st', 'a["1st"]'],
    ['', 'x'.repeat(50), `["${'x'.repeat(40)}…"]`],
  ])('in an error message, the path %j and the key %j make the path %s', (parent, key, path) => {
    expect(joinPath(parent, key)).toBe(path)
  })
})
