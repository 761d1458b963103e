import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType, TensorData } from '../../core/datatypes.ts'
import { toFloat16Bits } from '../../core/float16.ts'
import { daysOf, secondsOf } from '../../core/dates.ts'
import type { FeatureType } from '../../core/feature.ts'
import { Fraction } from '../../json/exact-json.ts'
import { show } from '../../json/error-texts.ts'

/**
 * Checks a JSON value and writes it into a tensor. This is the only pass over the numbers of a request.
 *
 * @returns The problem of the value, or undefined. A value is never truncated, wrapped or rounded to another integer.
 */
export type ElementWriter = (data: TensorData, index: number, value: unknown) => string | undefined

export type Numbers = Exclude<TensorData, string[] | BigInt64Array | BigUint64Array>

/** The writers for elements of tensors without features. */
export const ELEMENT_WRITERS: Readonly<Record<DataType, ElementWriter>> = {
  bool: writeBoolean,
  uint8: integerWriter('uint8'),
  uint16: integerWriter('uint16'),
  uint32: integerWriter('uint32'),
  uint64: bigintWriter('uint64'),
  int8: integerWriter('int8'),
  int16: integerWriter('int16'),
  int32: integerWriter('int32'),
  int64: bigintWriter('int64'),
  float16: writeFloat16,
  float32: writeFloat('float32'),
  float64: writeFloat('float64'),
  string: writeString,
}

/** Makes the writer for a feature. It checks the declared type, and converts to the datatype of the column. */
export function featureWriter(type: FeatureType, dataType: DataType): ElementWriter {
  const writer = ELEMENT_WRITERS[dataType]
  if (type === 'date') return DATE_WRITERS[dataType]
  if (type === 'datetime') return DATETIME_WRITERS[dataType]
  if (type === 'boolean' && dataType !== 'bool') return BOOLEAN_AS_NUMBER[dataType]
  return type === 'integer' && DATA_TYPES[dataType].kind === 'float' ? INTEGER_AS_FLOAT[dataType] : writer
}

/** Names the expected value of a feature, with its article. */
export function nameOfType(type: FeatureType): string {
  return NAMES[type]
}

const NAMES: Readonly<Record<FeatureType, string>> = {
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  string: 'a string',
  date: 'a date such as "2024-02-29"',
  datetime: 'a datetime such as "2024-02-29T12:30:00Z"',
}

// A double loses nanoseconds and becomes a whole number. So the text is checked for fractions.
const FRACTION = /\.0*[1-9]/
const DATE_WRITERS = dateWriters('date', daysOf)
const DATETIME_WRITERS = dateWriters('datetime', secondsOf)

function dateWriters(type: FeatureType, parse: (text: string) => number | undefined): Record<DataType, ElementWriter> {
  return mapWriters((writer, dataType) => (data, index, value) => {
    const number = typeof value === 'string' ? parse(value) : undefined
    if (number === undefined) return expected(nameOfType(type), value)
    if (dataType === 'string') return writer(data, index, value)
    const isWhole = Number.isInteger(number) && !FRACTION.test(value as string)
    if (DATA_TYPES[dataType].kind === 'integer' && !isWhole)
      return expected(`${nameOfType(type)}, of whole seconds`, value)
    if (DATA_TYPES[dataType].kind !== 'float' || dataType === 'float64') return writer(data, index, number)
    return Number.isInteger(number)
      ? INTEGER_AS_FLOAT[dataType](data, index, number)
      : `${String(number)} is no time that ${dataType} holds exactly`
  })
}

const BOOLEAN_AS_NUMBER = mapWriters((writer) => (data, index, value) => {
  if (typeof value !== 'boolean') return expected('true or false', value)
  return writer(data, index, value ? 1 : 0)
})

const INTEGER_AS_FLOAT = mapWriters((writer, dataType) => (data, index, value) => {
  if (!Number.isInteger(value) && typeof value !== 'bigint') return expected('an integer', value)
  const problem = writer(data, index, value)
  if (problem) return problem
  const limit = EXACT_INTEGERS[dataType] ?? 0
  return Math.abs(Number(value)) <= limit
    ? undefined
    : `${String(value)} is beyond the integers that ${dataType} holds exactly`
})

// Up to these numbers, a float represents every integer exactly.
const EXACT_INTEGERS: Partial<Record<DataType, number>> = { float16: 2 ** 11, float32: 2 ** 24, float64: 2 ** 53 - 1 }

function mapWriters(
  wrap: (writer: ElementWriter, dataType: DataType) => ElementWriter,
): Record<DataType, ElementWriter> {
  const entries = Object.entries(ELEMENT_WRITERS) as [DataType, ElementWriter][]
  return Object.fromEntries(entries.map(([dataType, writer]) => [dataType, wrap(writer, dataType)])) as Record<
    DataType,
    ElementWriter
  >
}

function writeFloat(dataType: 'float32' | 'float64'): ElementWriter {
  return (data, index, value) => {
    if (isExact(value)) return writeFloat(dataType)(data, index, toDouble(value))
    if (typeof value !== 'number') return expected('a number', value)
    ;(data as Numbers)[index] = value
    // A number that is too large for the datatype has become infinite.
    return Number.isFinite((data as Numbers)[index]) ? undefined : tooLarge(value, dataType)
  }
}

/** True if a number was read from its text, because a double would change it. */
function isExact(value: unknown): value is bigint | Fraction {
  return typeof value === 'bigint' || value instanceof Fraction
}

function toDouble(value: bigint | Fraction): number {
  return Number(typeof value === 'bigint' ? value : value.text)
}

function writeFloat16(data: TensorData, index: number, value: unknown): string | undefined {
  if (isExact(value)) return writeFloat16(data, index, toDouble(value))
  if (typeof value !== 'number') return expected('a number', value)
  const bits = toFloat16Bits(value)
  ;(data as Numbers)[index] = bits
  return (bits & 0x7c00) === 0x7c00 ? tooLarge(value, 'float16') : undefined
}

function integerWriter(dataType: DataType): ElementWriter {
  const min = Number(DATA_TYPES[dataType].min)
  const max = Number(DATA_TYPES[dataType].max)
  return (data, index, value) => {
    if (typeof value === 'bigint') return outOfRange(value, dataType)
    if (!Number.isInteger(value)) return expected('an integer', value)
    if ((value as number) < min || (value as number) > max) return outOfRange(value, dataType)
    ;(data as Numbers)[index] = value as number
    return undefined
  }
}

/** Writes integers of 64 bits. They are JSON numbers or strings of digits. */
function bigintWriter(dataType: DataType): ElementWriter {
  const { min = 0n, max = 0n } = DATA_TYPES[dataType]
  return (data, index, value) => {
    const isDigits = typeof value === 'bigint' || (typeof value === 'string' && /^-?\d{1,20}$/.test(value))
    if (!isDigits && !Number.isInteger(value)) return expected('an integer', value)
    if (!isDigits && !Number.isSafeInteger(value))
      return 'an integer beyond 2^53 is not exact as a JSON number: send a string'
    const integer = BigInt(value as string | number | bigint)
    if (integer < min || integer > max) return outOfRange(value, dataType)
    ;(data as BigInt64Array | BigUint64Array)[index] = integer
    return undefined
  }
}

function writeBoolean(data: TensorData, index: number, value: unknown): string | undefined {
  if (typeof value !== 'boolean') return expected('true or false', value)
  ;(data as Numbers)[index] = value ? 1 : 0
  return undefined
}

function writeString(data: TensorData, index: number, value: unknown): string | undefined {
  if (typeof value !== 'string') return expected('a string', value)
  // The runtime would end the string at the first NUL, and replace characters that are no Unicode.
  if (value.includes('\0')) return 'expected a string without the character U+0000'
  if (!value.isWellFormed()) return 'expected well-formed Unicode, got an unpaired surrogate'
  ;(data as string[])[index] = value
  return undefined
}

function expected(what: string, value: unknown): string {
  return `expected ${what}, got ${show(value)}`
}

function outOfRange(value: unknown, dataType: DataType): string {
  const { min, max } = DATA_TYPES[dataType]
  return `expected ${dataType}, an integer from ${min} to ${max}, got ${show(value)}`
}

function tooLarge(value: number, dataType: DataType): string {
  return `expected a number that ${dataType} can hold, got ${show(value)}`
}
