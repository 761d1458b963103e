import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType } from '../../core/datatypes.ts'
import { daysOf, secondsOf } from '../../core/dates.ts'
import type { Feature, FeatureType } from '../../core/feature.ts'

/** A value of a feature, as model.json has it. */
export type FeatureValue = number | boolean | string

/** Turns a bigint into text if the column holds all integers of 64 bits, and else into a number. */
export function toFeatureValue(
  value: FeatureValue | bigint | undefined,
  { dataType }: Pick<Feature, 'dataType'>,
): FeatureValue | undefined {
  if (typeof value !== 'bigint') return value
  return hasLongIntegers(dataType) ? String(value) : Number(value)
}

/**
 * Checks a value against its feature.
 *
 * @param what Names the value in the message.
 * @param otherwise Other allowed values, for the message.
 * @throws Error if the value is not of the type of the feature, or if the column cannot hold it.
 */
export function checkFeatureValue(
  value: FeatureValue,
  what: string,
  { type, dataType }: Pick<Feature, 'type' | 'dataType'>,
  otherwise = '',
): void {
  if (!isOfType(value, type, dataType)) throw new Error(`model.json: ${what} is no ${type}${otherwise}`)
  if (fits(value, type, dataType)) return
  throw new Error(`model.json: ${what}, ${JSON.stringify(value)}, is no ${type} that its column holds`)
}

/** True if a double does not hold all integers of the type. */
export function hasLongIntegers(dataType: DataType): boolean {
  return dataType === 'int64' || dataType === 'uint64'
}

function isOfType(value: FeatureValue, type: FeatureType, dataType: DataType): boolean {
  const mayBeDigits = type === 'integer' && hasLongIntegers(dataType)
  const isDigits = mayBeDigits && typeof value === 'string' && /^-?\d{1,20}$/.test(value)
  return isDigits || typeof value === JSON_TYPES[type]
}

/** @param value Of the type of the feature. */
function fits(value: FeatureValue, type: FeatureType, dataType: DataType): boolean {
  if (type === 'date') return daysOf(String(value)) !== undefined
  if (type === 'datetime') return secondsOf(String(value)) !== undefined
  if (typeof value === 'number') return numberFits(value, type, dataType)
  if (type !== 'integer' || typeof value !== 'string') return true
  const { min, max } = DATA_TYPES[dataType]
  return BigInt(value) >= min! && BigInt(value) <= max!
}

function numberFits(value: number, type: FeatureType, dataType: DataType): boolean {
  // A double rounds larger integers.
  if (type === 'integer' && !Number.isSafeInteger(value)) return false
  const { kind, min, max } = DATA_TYPES[dataType]
  return kind !== 'integer' || (Number.isInteger(value) && value >= Number(min) && value <= Number(max))
}

// The JSON type of the values of each feature type.
const JSON_TYPES: Readonly<Record<FeatureType, string>> = {
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  string: 'string',
  date: 'string',
  datetime: 'string',
}
