import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countKeys, countKeysOf, mayHaveDuplicateKeys, reportDuplicateKeys } from '../../src/json/duplicate-keys.ts'
import { InputProblems } from '../../src/json/input-problems.ts'
import { parseJson } from '../../src/json/parse-json.ts'

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return own + Object.values(value).reduce<number>((sum, each) => sum + keysIn(each), 0)
}

function duplicatesOf(text: string): string[] {
  const problems = new InputProblems()
  reportDuplicateKeys(text, problems)
  return problems.isEmpty ? [] : problems.toError().details.map(({ path }) => path)
}

describe('counting the keys of a text', () => {
  test('a JSON text has as many keys as its parsed value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t\n'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        expect(countKeys(text)).toBe(keysIn(JSON.parse(text)))
      }),
    )
  })

  test.each([
    ['{"a":1,"a":2}', 2],
    ['{"a\\":" : 1}', 1],
    ['{"a\\\\":1}', 1],
    ['["a:", ":"]', 0],
    ['{"a"\n:"b:c"}', 1],
  ])('the count of keys in the JSON text %j is %i', (text, count) => {
    expect(countKeys(text)).toBe(count)
  })
})

describe('counting the keys of a parsed value', () => {
  test('the count of keys in JSON is never too high, and is exact if no array mixes numbers and objects', () => {
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.boolean())
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(leaf),
        fc.array(fc.dictionary(fc.string(), tie('any'))),
        fc.dictionary(fc.string(), tie('any')),
      ),
    })).any
    fc.assert(
      fc.property(value, (each) => {
        const parsed: unknown = JSON.parse(JSON.stringify(each))
        expect(countKeysOf(parsed)).toBe(keysIn(parsed))
      }),
    )
    fc.assert(
      fc.property(fc.jsonValue(), (each) => {
        const parsed: unknown = JSON.parse(JSON.stringify(each))
        expect(countKeysOf(parsed)).toBeLessThanOrEqual(keysIn(parsed))
      }),
    )
  })

  test('the count of keys in JSON shows every duplicate key, wherever it is', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), fc.json(), (first, second, around) => {
        const text = `[${around},{"b":{"a":${first},"a":${second}},"c":${around}}]`
        expect(mayHaveDuplicateKeys(text, JSON.parse(text))).toBe(true)
      }),
    )
  })

  test('an object that replaces a bare NaN counts as no key, because the text has none', () => {
    const text = '{"data":[NaN,NaN],"data":[NaN]}'
    expect(mayHaveDuplicateKeys(text, parseJson(text, { bareAs: 'object' }))).toBe(true)
    const single = '{"data":[NaN,NaN]}'
    expect(mayHaveDuplicateKeys(single, parseJson(single, { bareAs: 'object' }))).toBe(false)
  })

  test('counting the keys of JSON does not recurse, so deep nesting does not overflow the stack', () => {
    expect(countKeysOf(JSON.parse('{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000)))).toBe(50_000)
  })
})

describe('reporting duplicate keys', () => {
  test.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"b":{"a":2}}', []],
    ['{"instances":[{"a":1},{"b":1,"a":2,"b":3}]}', ['instances[1].b']],
    ['[{"a":[1,2,[3]],"a":0}]', ['[0].a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"two words":1,"two words":2}', ['["two words"]']],
    ['{"instances":[[{"a":1,"a":1}]]}', ['instances[0][0].a']],
  ])('the JSON text %s has the duplicate keys %j', (text, paths) => {
    expect(duplicatesOf(text)).toEqual(paths)
  })

  test('JSON that was written from a value has no duplicate keys', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(duplicatesOf(text)).toEqual([])
      }),
    )
  })

  test('an error reports at most ten duplicate keys', () => {
    const text = `{${Array.from({ length: 30 }, (_, index) => `"k${index}":1,"k${index}":2`).join(',')}}`
    expect(duplicatesOf(text)).toHaveLength(10)
  })

  test('duplicate keys are found as deep as any request is nested, without recursion', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}{"a":1,"a":2}${']'.repeat(depth)}`
    expect(duplicatesOf(nested(35))).toHaveLength(1)
    expect(duplicatesOf(nested(200_000))).toEqual([])
    expect(duplicatesOf(`[${nested(200_000)},{"b":1,"b":2}]`)).toEqual(['[1].b'])
  })
})
