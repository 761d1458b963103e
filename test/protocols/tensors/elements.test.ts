import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DATA_TYPES } from '../../../src/core/datatypes.ts'
import type { DataType } from '../../../src/core/datatypes.ts'
import { ELEMENT_WRITERS, featureWriter } from '../../../src/protocols/tensors/elements.ts'

function write(dataType: DataType, value: unknown, writer = ELEMENT_WRITERS[dataType]) {
  const data = DATA_TYPES[dataType].allocate(1)
  const problem = writer(data, 0, value)
  return problem ?? data[0]
}

describe('writing an element', () => {
  test.each<[DataType, unknown, unknown]>([
    ['float32', 0.5, 0.5],
    ['float64', -1e300, -1e300],
    ['float16', 1.5, 0x3e00],
    ['uint8', 255, 255],
    ['int32', -(2 ** 31), -(2 ** 31)],
    ['int64', 2 ** 53 - 1, 2n ** 53n - 1n],
    ['int64', '-9223372036854775808', -(2n ** 63n)],
    ['uint64', '18446744073709551615', 2n ** 64n - 1n],
    ['bool', true, 1],
    ['string', 'π 😀', 'π 😀'],
  ])('an element of type %s takes the value %j', (dataType, value, stored) => {
    expect(write(dataType, value)).toBe(stored)
  })

  test.each<[DataType, unknown, string]>([
    ['float32', 'wide', 'expected a number, got "wide"'],
    ['float32', null, 'expected a number, got null'],
    ['float32', true, 'expected a number, got true'],
    ['float32', {}, 'expected a number, got an object'],
    ['float32', [], 'expected a number, got an empty array'],
    ['float32', 3.5e38, 'expected a number that float32 can hold, got 3.5e+38'],
    ['float64', JSON.parse('1e400'), 'expected a number that float64 can hold, got a number beyond every float'],
    ['float16', 70000, 'expected a number that float16 can hold, got 70000'],
    ['uint8', 300, 'expected uint8, an integer from 0 to 255, got 300'],
    ['uint8', -1, 'expected uint8, an integer from 0 to 255, got -1'],
    ['int32', 1.5, 'expected an integer, got 1.5'],
    ['int64', 2 ** 53, 'an integer beyond 2^53 is not exact as a JSON number: send a string'],
    ['int64', '12a', 'expected an integer, got "12a"'],
    ['uint64', '-1', 'expected uint64, an integer from 0 to 18446744073709551615, got "-1"'],
    ['bool', 1, 'expected true or false, got 1'],
    ['string', 5, 'expected a string, got 5'],
    ['string', 'a\0b', 'expected a string without the character U+0000'],
    ['string', '\ud800', 'expected well-formed Unicode, got an unpaired surrogate'],
  ])('an element of type %s refuses the value %j', (dataType, value, problem) => {
    expect(write(dataType, value)).toBe(problem)
  })

  test('a tensor of integers never stores another number than the one that came', () => {
    const types = Object.entries(DATA_TYPES).filter(([, { kind }]) => kind === 'integer')
    const dataTypes = fc.constantFrom(...types.map(([name]) => name as DataType))
    fc.assert(
      fc.property(dataTypes, fc.double(), (dataType, value) => {
        const stored = write(dataType, value)
        if (typeof stored !== 'string') expect(Number(stored)).toBe(value === 0 ? 0 : value)
      }),
    )
  })

  test('a long string is cut in the error message for a tensor element', () => {
    expect(write('float32', 'x'.repeat(1000))).toBe(`expected a number, got "${'x'.repeat(40)}…"`)
  })
})

describe('writing a feature', () => {
  test.each<[Parameters<typeof featureWriter>[0], DataType, unknown, unknown]>([
    ['integer', 'float32', 3, 3],
    ['integer', 'float32', 2.5, 'expected an integer, got 2.5'],
    ['integer', 'float32', 2 ** 24 + 1, '16777217 is beyond the integers that float32 holds exactly'],
    ['integer', 'float64', '3', 'expected an integer, got "3"'],
    ['integer', 'int64', 7, 7n],
    ['boolean', 'float32', true, 1],
    ['boolean', 'int64', false, 0n],
    ['boolean', 'float32', 1, 'expected true or false, got 1'],
    ['boolean', 'bool', true, 1],
    ['number', 'float64', 0.1, 0.1],
    ['string', 'string', 'S', 'S'],
  ])('a feature of type %s in a column of %s takes or refuses the value %j', (type, dataType, value, outcome) => {
    expect(write(dataType, value, featureWriter(type, dataType))).toBe(outcome)
  })
})
