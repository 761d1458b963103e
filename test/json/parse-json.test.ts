import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkText,
  countKeys,
  countKeysOf,
  mayHaveDuplicateKeys,
  parseJson,
  reportDuplicateKeys,
} from '../../src/json/parse-json.ts'
import { Fraction } from '../../src/json/exact-json.ts'
import { InputProblems } from '../../src/json/input-problems.ts'
import { errorOf } from '../support/errors.ts'
import { cpuTimeOf, shortestCpuTime } from '../support/cpu-time.ts'

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

describe('counting keys', () => {
  test('finds as many in any JSON as the parsed value has', () => {
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
  ])('in %s', (text, count) => {
    expect(countKeys(text)).toBe(count)
  })
})

describe('counting the keys of a parsed value', () => {
  test('never finds more than the text has, and as many where no array mixes numbers and objects', () => {
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.boolean())
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
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

  test('shows every duplicate key, wherever it is', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), fc.json(), (first, second, around) => {
        const text = `[${around},{"b":{"a":${first},"a":${second}},"c":${around}}]`
        expect(mayHaveDuplicateKeys(text, JSON.parse(text))).toBe(true)
      }),
    )
  })

  test('does not count what stands for a bare NaN, which is no key in the text', () => {
    const text = '{"data":[NaN,NaN],"data":[NaN]}'
    expect(mayHaveDuplicateKeys(text, parseJson(text, false, 'object'))).toBe(true)
    const single = '{"data":[NaN,NaN]}'
    expect(mayHaveDuplicateKeys(single, parseJson(single, false, 'object'))).toBe(false)
  })

  test('does not recurse', () => {
    expect(countKeysOf(JSON.parse('{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000)))).toBe(50_000)
  })
})

describe('duplicate keys', () => {
  test.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"b":{"a":2}}', []],
    ['{"instances":[{"a":1},{"b":1,"a":2,"b":3}]}', ['instances[1].b']],
    ['[{"a":[1,2,[3]],"a":0}]', ['[0].a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"two words":1,"two words":2}', ['["two words"]']],
    ['{"instances":[[{"a":1,"a":1}]]}', ['instances[0][0].a']],
  ])('in %s', (text, paths) => {
    expect(duplicatesOf(text)).toEqual(paths)
  })

  test('are found in no JSON that was written from a value', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(duplicatesOf(text)).toEqual([])
      }),
    )
  })

  test('are told up to ten', () => {
    const text = `{${Array.from({ length: 30 }, (_, index) => `"k${index}":1,"k${index}":2`).join(',')}}`
    expect(duplicatesOf(text)).toHaveLength(10)
  })

  test('are sought as deep as any request goes, without recursion', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}{"a":1,"a":2}${']'.repeat(depth)}`
    expect(duplicatesOf(nested(35))).toHaveLength(1)
    expect(duplicatesOf(nested(200_000))).toEqual([])
    expect(duplicatesOf(`[${nested(200_000)},{"b":1,"b":2}]`)).toEqual(['[1].b'])
  })
})

describe('numbers that a double does not hold', () => {
  test.each<[string, unknown]>([
    ['[9007199254740993,-9007199254740993]', [9007199254740993n, -9007199254740993n]],
    ['[9007199254740991.4]', [new Fraction('9007199254740991.4')]],
    ['[-2147483647.0000001]', [new Fraction('-2147483647.0000001')]],
    ['{"a":1.0000000000000000001,"b":1e-400}', { a: new Fraction('1.0000000000000000001'), b: new Fraction('1e-400') }],
    ['[45035996273704.965e2]', [new Fraction('45035996273704.965e2')]],
    ['[1.50000000000000000000,100000000000000000e-10,1.0000000000000000000]', [1.5, 10_000_000, 1]],
    ['[0.1000000000000000055,1e-5,1234567890123456]', [0.1, 1e-5, 1234567890123456]],
    [
      '["12345678901234567890","a\\"9007199254740993",{"9007199254740993":"\\\\"}]',
      ['12345678901234567890', 'a"9007199254740993', { '9007199254740993': '\\' }],
    ],
    ['9007199254740993', 9007199254740993n],
    ['[9007199254740993.0,-9.007199254740993e15,1e19]', [9007199254740993n, -9007199254740993n, 10n ** 19n]],
    ['[3.0,3e0,-0.0,1e300,1e3,1e-5]', [3, 3, -0, 1e300, 1000, 1e-5]],
  ])('come as they are written: %s', (text, value) => {
    expect(parseJson(text, true)).toEqual(value)
  })

  test.each([
    '{9007199254740993:1}',
    '{9007199254740993 :1}',
    '[00009007199254740993]',
    '[--9007199254740993]',
    '[x9007199254740993]',
    '[9007199254740993"',
    '"9007199254740993\\',
  ])('make no JSON of what is none: %s', (text) => {
    expect(errorOf(() => parseJson(text, true)).message).toContain('is not valid JSON')
  })

  test('leave what is wrong with a body to be told of its own text', () => {
    const broken = '[9007199254740993,]'
    expect(errorOf(() => parseJson(broken, true)).message).toBe(errorOf(() => parseJson(broken)).message)
  })

  test('change nothing else, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: -9_000_000 }), (text, number) => {
        fc.pre(!/\d{16}/.test(text))
        expect(parseJson(`[9007199254740993,${text},${number}]`, true)).toEqual([
          9007199254740993n,
          JSON.parse(text),
          number,
        ])
      }),
    )
  })

  // A reviver takes more than twenty times as long as this. A parser that adds strings character by character takes ninety
  // times as long as JSON.parse for a long string, and thirty times its length in memory.
  test.each([
    [
      'a list of long integers',
      `[${Array.from({ length: 200_000 }, (_, index) => 9100000000000000000n + BigInt(index)).join(',')}]`,
    ],
    ['a long string', `[9007199254740993,"${'x'.repeat(4_000_000)}"]`],
  ])('make parsing %s at most 25 times as slow as JSON.parse', (_what, text) => {
    expect(shortestCpuTime(() => parseJson(text, true))).toBeLessThan(25 * shortestCpuTime(() => JSON.parse(text)))
  })
})

describe('parsing', () => {
  test.each([
    ['{"a":NaN}', expect.stringContaining('JSON has no NaN and no Infinity')],
    ['{"a":-Infinity}', expect.stringContaining('JSON has no NaN and no Infinity')],
    ['{"a":1', expect.stringMatching(/^the body is not valid JSON: (?!.*NaN)/)],
  ])('refuses %j', (text, message) => {
    expect(errorOf(() => parseJson(text)).message).toEqual(message)
  })

  test.each<[string, unknown]>([
    ['{"a":NaN,"b":[NaN, NaN]}', { a: null, b: [null, null] }],
    ['{"NaN":"NaN, \\"NaN\\\\","a":NaN}', { NaN: 'NaN, "NaN\\', a: null }],
    ['[NaN,12345678901234567890]', [null, 12345678901234567890n]],
  ])('takes a bare NaN for null where that is asked for: %s', (text, value) => {
    expect(parseJson(text, true, 'null')).toEqual(value)
  })

  test.each(['[-NaN]', '[NaNs]', '[1NaN]', '[Infinity,NaN]', '["NaN', '[NaN', '{NaN:1}'])('and refuses %s', (text) => {
    expect(errorOf(() => parseJson(text, false, 'null')).message).toContain('the body is not valid JSON')
  })

  test.each<[string, unknown]>([
    ['[NaN,-Infinity, Infinity]', [{ NaN: 0 }, { '-Infinity': 0 }, { Infinity: 0 }]],
    ['{"NaN":["-Infinity",NaN]}', { NaN: ['-Infinity', { NaN: 0 }] }],
    ['[-Infinity]', [{ '-Infinity': 0 }]],
  ])('tells every bare token from all else where that is asked for: %s', (text, value) => {
    expect(parseJson(text, false, 'object')).toEqual(value)
  })

  test.each(['[-NaN]', '[1-Infinity]', '[--Infinity]', '[Infinity1]', '{Infinity:1}', '[+Infinity]'])(
    'finds no token in %s',
    (text) => {
      expect(errorOf(() => parseJson(text, false, 'object')).message).toContain('the body is not valid JSON')
    },
  )

  test('takes little longer for quotes that are never closed', () => {
    const parse = (): unknown => parseJson(`NaN${'"\\"'.repeat(500_000)}`, false, 'null')
    expect(cpuTimeOf(() => expect(parse).toThrow('not valid JSON'))).toBeLessThan(2000)
  })

  test('refuses nothing, and bytes that are no UTF-8 instead of replacing them', () => {
    expect(errorOf(() => checkText(Buffer.alloc(0))).message).toBe('the body is empty: expected JSON')
    const body = Buffer.from([0x22, 0xc3, 0x28, 0x22])
    expect(errorOf(() => checkText(body)).message).toBe('the body is not valid UTF-8')
  })
})
