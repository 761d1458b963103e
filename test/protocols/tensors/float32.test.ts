import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shortestFloat32 } from '../../../src/protocols/tensors/float32.ts'

test.each([0.98, 0.1, 1e-7, 123456.79, 1 / 3, -0.61, 3e38, 1.2e-38, 0, 7.999999, 8.000001])(
  'the float32 number %d is written as short as it came',
  (value) => {
    const written = String(shortestFloat32(Math.fround(value)))
    expect(Math.fround(Number(written))).toBe(Math.fround(value))
    expect(written.length).toBeLessThanOrEqual(String(value).length)
  },
)

test('every float32 number is read back as itself, from no more digits than it was stored with', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const written = shortestFloat32(value)
      expect(Math.fround(written)).toBe(value === 0 ? written : value)
      expect(String(written).length).toBeLessThanOrEqual(String(value).length)
    }),
    { numRuns: 5000 },
  )
})

test('the shortest number for a float32 NaN is NaN', () => {
  expect(shortestFloat32(Number.NaN)).toBeNaN()
})
