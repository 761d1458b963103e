import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromFloat16Bits, toFloat16Bits } from '../../src/core/float16.ts'

describe('float16', () => {
  test('every float16 except NaN survives the way to a number and back', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromFloat16Bits(bits)
      if (!Number.isNaN(value)) expect(toFloat16Bits(value)).toBe(bits)
    }
  })

  test.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x7c00, Number.POSITIVE_INFINITY],
  ])('the bits %i of float16 are the number %d', (bits, value) => {
    expect(fromFloat16Bits(bits)).toBe(value)
  })

  test('NaN stays NaN on the way to float16 and back', () => {
    expect(fromFloat16Bits(toFloat16Bits(Number.NaN))).toBeNaN()
  })

  test('a number becomes the nearest float16, and a tie goes to the even one', () => {
    const finite = fc.double({ min: -65519, max: 65519, noNaN: true })
    fc.assert(
      fc.property(finite, (value) => {
        const bits = toFloat16Bits(value)
        const error = Math.abs(fromFloat16Bits(bits) - value)
        for (const neighbour of [bits - 1, bits + 1].filter((each) => (each & 0x7c00) !== 0x7c00 && each >= 0)) {
          const other = Math.abs(fromFloat16Bits(neighbour) - value)
          expect(error).toBeLessThanOrEqual(other)
          if (error === other && error > 0) expect(bits % 2).toBe(0)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('a number that is too large for float16 becomes infinite from the rounding point on', () => {
    expect(toFloat16Bits(65519.99)).toBe(0x7bff)
    expect(toFloat16Bits(65520)).toBe(0x7c00)
    expect(toFloat16Bits(-1e300)).toBe(0xfc00)
  })
})
