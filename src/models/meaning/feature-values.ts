import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType } from '../../core/datatypes.ts'
import { daysOf, secondsOf } from '../../core/dates.ts'
import type { Feature, FeatureType } from '../../core/feature.ts'

// Values of features as model.json has them.

export type Value = number | boolean | string
type Held = Pick<Feature, 'dataType'>

/** Integers that a double does not hold are text where the column holds them all. */
export function toValue(value: Value | bigint | undefined, { dataType }: Held): Value | undefined {
  if (typeof value !== 'bigint') return value
  return isLong(dataType) ? String(value) : Number(value)
}

/**
 * Checks a value against the feature that it is for.
 *
 * @param what What the value is, for the message.
 * @param otherwise What else it may be, for the message.
 * @throws Error when it is none of its type, or the column cannot hold it.
 */
export function checkValue(
  value: Value,
  what: string,
  { type, dataType }: Pick<Feature, 'type' | 'dataType'>,
  otherwise = '',
): void {
  if (!isOfType(value, type, dataType)) throw new Error(`model.json: ${what} is no ${type}${otherwise}`)
  if (fits(value, type, dataType)) return
  throw new Error(`model.json: ${what}, ${JSON.stringify(value)}, is no ${type} that its column holds`)
}

function isLong(dataType: DataType): boolean {
  return dataType === 'int64' || dataType === 'uint64'
}

function isOfType(value: Value, type: FeatureType, dataType: DataType): boolean {
  const isDigits = type === 'integer' && isLong(dataType) && typeof value === 'string' && /^-?\d{1,20}$/.test(value)
  return isDigits || typeof value === VALUE_TYPES[type]
}

function fits(value: Value, type: FeatureType, dataType: DataType): boolean {
  if (type === 'date' || type === 'datetime') return (type === 'date' ? daysOf : secondsOf)(String(value)) !== undefined
  const { kind, min, max } = DATA_TYPES[dataType]
  if (type === 'integer' && isLong(dataType) && typeof value === 'string') {
    return BigInt(value) >= min! && BigInt(value) <= max!
  }
  if (typeof value !== 'number') return true
  // An integer that a double rounds is another one.
  if (type === 'integer' && !Number.isSafeInteger(value)) return false
  if ((type === 'integer' || kind === 'integer') && !Number.isInteger(value)) return false
  return kind !== 'integer' || (value >= Number(min) && value <= Number(max))
}

// How a value of each type stands in JSON.
const VALUE_TYPES: Readonly<Record<FeatureType, string>> = {
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  string: 'string',
  date: 'string',
  datetime: 'string',
}
