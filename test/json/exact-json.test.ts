import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExactly, toExactJson } from '../../src/json/exact-json.ts'

test('integers beyond 2^53 keep all digits when they are read from JSON and written to it', () => {
  const long = fc
    .oneof(fc.bigInt(-(2n ** 63n), -(2n ** 53n)), fc.bigInt(2n ** 53n, 2n ** 64n - 1n))
    .filter((integer) => !Number.isSafeInteger(Number(integer)))
  const leaf = fc.oneof(long, fc.integer(), fc.boolean(), fc.string({ unit: 'binary' }))
  const value = fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.string(), fc.array(leaf), { noNullPrototype: true }))
  fc.assert(
    fc.property(value, (each) => {
      expect(parseExactly(toExactJson(each))).toEqual(each)
    }),
  )
})

test('digits in JSON strings stay text, and invalid JSON is refused', () => {
  expect(parseExactly('{"a":"9007199254740993","b":9007199254740993}')).toEqual({
    a: '9007199254740993',
    b: 9007199254740993n,
  })
  expect(() => parseExactly('{"a":9007199254740993')).toThrow(SyntaxError)
})
