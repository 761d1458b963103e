import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fraction } from '../../src/json/exact-json.ts'
import { checkUtf8, parseJson } from '../../src/json/parse-json.ts'
import { cpuTimeOf, shortestCpuTime } from '../support/cpu-time.ts'
import { errorOf } from '../support/errors.ts'

const EXACT = { keepsIntegers: true }

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
  ])('every number in the JSON %s keeps its digits', (text, value) => {
    expect(parseJson(text, EXACT)).toEqual(value)
  })

  test.each([
    '{9007199254740993:1}',
    '{9007199254740993 :1}',
    '[00009007199254740993]',
    '[--9007199254740993]',
    '[x9007199254740993]',
    '[9007199254740993"',
    '"9007199254740993\\',
  ])('keeping digits does not make invalid JSON valid: %s', (text) => {
    expect(errorOf(() => parseJson(text, EXACT)).message).toContain('is not valid JSON')
  })

  test('the error message for invalid JSON is for the text of the client, also if digits are kept', () => {
    const broken = '[9007199254740993,]'
    expect(errorOf(() => parseJson(broken, EXACT)).message).toBe(errorOf(() => parseJson(broken)).message)
  })

  test('keeping the digits of long numbers in JSON changes no other value', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: -9_000_000 }), (text, number) => {
        fc.pre(!/\d{16}/.test(text))
        expect(parseJson(`[9007199254740993,${text},${number}]`, EXACT)).toEqual([
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
  ])('keeping the digits of %s takes at most 25 times as long as JSON.parse', (_what, text) => {
    expect(shortestCpuTime(() => parseJson(text, EXACT))).toBeLessThan(25 * shortestCpuTime(() => JSON.parse(text)))
  })
})

describe('parsing JSON', () => {
  test.each([
    ['{"a":NaN}', expect.stringContaining('JSON has no NaN and no Infinity')],
    ['{"a":-Infinity}', expect.stringContaining('JSON has no NaN and no Infinity')],
    ['{"a":1', expect.stringMatching(/^the body is not valid JSON: (?!.*NaN)/)],
  ])('the text %j is refused as invalid JSON', (text, message) => {
    expect(errorOf(() => parseJson(text)).message).toEqual(message)
  })

  test.each<[string, unknown]>([
    ['{"a":NaN,"b":[NaN, NaN]}', { a: null, b: [null, null] }],
    ['{"NaN":"NaN, \\"NaN\\\\","a":NaN}', { NaN: 'NaN, "NaN\\', a: null }],
    ['[NaN,12345678901234567890]', [null, 12345678901234567890n]],
  ])('a bare NaN in JSON is read as null on request: %s', (text, value) => {
    expect(parseJson(text, { keepsIntegers: true, bareAs: 'null' })).toEqual(value)
  })

  test.each(['[-NaN]', '[NaNs]', '[1NaN]', '[Infinity,NaN]', '["NaN', '[NaN', '{NaN:1}'])(
    'reading a bare NaN as null does not make %s valid JSON',
    (text) => {
      expect(errorOf(() => parseJson(text, { bareAs: 'null' })).message).toContain('the body is not valid JSON')
    },
  )

  test.each<[string, unknown]>([
    ['[NaN,-Infinity, Infinity]', [{ NaN: 0 }, { '-Infinity': 0 }, { Infinity: 0 }]],
    ['{"NaN":["-Infinity",NaN]}', { NaN: ['-Infinity', { NaN: 0 }] }],
    ['[-Infinity]', [{ '-Infinity': 0 }]],
  ])('every bare NaN or Infinity in JSON is read as an object on request: %s', (text, value) => {
    expect(parseJson(text, { bareAs: 'object' })).toEqual(value)
  })

  test.each(['[-NaN]', '[1-Infinity]', '[--Infinity]', '[Infinity1]', '{Infinity:1}', '[+Infinity]'])(
    'reading a bare NaN or Infinity as an object does not make %s valid JSON',
    (text) => {
      expect(errorOf(() => parseJson(text, { bareAs: 'object' })).message).toContain('the body is not valid JSON')
    },
  )

  test('quotes that are never closed do not make the search for a bare NaN slow', () => {
    const parse = (): unknown => parseJson(`NaN${'"\\"'.repeat(500_000)}`, { bareAs: 'null' })
    expect(cpuTimeOf(() => expect(parse).toThrow('not valid JSON'))).toBeLessThan(2000)
  })

  test('an empty JSON body and bytes that are not UTF-8 are refused', () => {
    expect(errorOf(() => checkUtf8(Buffer.alloc(0))).message).toBe('the body is empty: expected JSON')
    const body = Buffer.from([0x22, 0xc3, 0x28, 0x22])
    expect(errorOf(() => checkUtf8(body)).message).toBe('the body is not valid UTF-8')
  })
})
