import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toExactInteger } from '../../src/json/exact-integer.ts'

test.each<[string, number | bigint | undefined]>([
  ['3', 3],
  ['+3', 3],
  ['-3.00', -3],
  ['3.', 3],
  ['.3e1', 3],
  ['3e0', 3],
  ['300e-2', 3],
  ['0003.0', 3],
  ['1E3', 1000],
  ['0', 0],
  ['-0.0', -0],
  ['0e999999999999', 0],
  ['9007199254740991.0', 9007199254740991],
  ['9007199254740993.0', 9007199254740993n],
  ['9.007199254740993e15', 9007199254740993n],
  ['-9223372036854775808.000', -9223372036854775808n],
  ['1e19', 10000000000000000000n],
  ['18446744073709551615', 18446744073709551615n],
  ['9007199254740993.5', undefined],
  ['9007199254740992.0000000000000000000000000000001', undefined],
  ['0.5', undefined],
  ['1e-1', undefined],
  ['1e-999999999999', undefined],
  ['1e20', undefined],
  ['1e999999999999', undefined],
  ['1', 1],
  ['.', undefined],
  ['', undefined],
  ['e3', undefined],
  ['0x10', undefined],
  ['1_000', undefined],
  ['Infinity', undefined],
])('the exact integer of the text %j is %s', (text, integer) => {
  expect(toExactInteger(text)).toBe(integer)
})

test('an integer is read the same in every notation with an exponent', () => {
  const cases = fc.record({ integer: fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n), shift: fc.nat(30), zeros: fc.nat(30) })
  fc.assert(
    fc.property(cases, ({ integer, shift, zeros }) => {
      const text = `${integer}${'0'.repeat(shift)}.${'0'.repeat(zeros)}e-${shift}`
      expect(BigInt(toExactInteger(text)!)).toBe(integer)
    }),
  )
})
