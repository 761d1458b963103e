import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NAN_POLICIES } from '../../src/core/nan-policy.ts'
import { maxBytesOf, maxTextBytes } from '../../src/core/json-size.ts'
import { flatJson } from '../support/answers.ts'
import { anyTensor } from '../support/tensors.ts'

test('the numbers of a tensor never take more bytes in JSON than were counted', () => {
  const numbers = anyTensor.filter(({ dataType }) => dataType !== 'string')
  fc.assert(
    fc.property(numbers, fc.constantFrom(...NAN_POLICIES), (tensor, jsonNan) => {
      // The comma behind the last element stands for one of the brackets.
      expect(flatJson(tensor, { jsonNan }).length).toBeLessThanOrEqual(maxBytesOf(tensor) + 2)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['float32', Float32Array.of(-3.4028234663852886e38, -1.1754943508222875e-38, -340282350000000000000, -1.1754944e-20)],
  ['float64', Float64Array.of(-1.7976931348623157e308, -2.2250738585072014e-308, -0.0000012345678901234567)],
  ['float16', Uint16Array.of(0xfbff, 0x8001, 0x83ff, 0xfc00)],
  ['int64', BigInt64Array.of(-(2n ** 63n))],
  ['uint64', BigUint64Array.of(2n ** 64n - 1n)],
] as const)('the longest numbers of %s take no more bytes in JSON than were counted', (dataType, data) => {
  for (const [index] of data.entries()) {
    const tensor = { dataType, shape: [1], data: data.slice(index, index + 1) }
    expect(flatJson(tensor, { jsonNan: 'string' }).length - 2).toBeLessThan(maxBytesOf(tensor))
  }
})

test('a text never takes more bytes of UTF-8 than were counted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxTextBytes(text))
    }),
  )
})
