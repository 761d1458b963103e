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
 * @param where Names the value in the message.
 * @param otherwise Other allowed values, for the message.
 * @throws Error if the value is not of the type of the feature, or if the column cannot hold it.
 */
export function checkFeatureValue(
  value: FeatureValue,
  where: string,
  { type, dataType }: Pick<Feature, 'type' | 'dataType'>,
  otherwise = '',
): void {
  const got = `got ${JSON.stringify(value)}`
  if (!isOfType(value, type, dataType)) {
    throw new Error(`model.json: ${where}: expected ${withArticle(type)}${otherwise}, ${got}`)
  }
  if (fits(value, type, dataType)) return
  throw new Error(`model.json: ${where}: expected ${withArticle(type)} that fits into ${dataType}, ${got}`)
}

export function withArticle(type: FeatureType): string {
  return type === 'integer' ? 'an integer' : `a ${type}`
}

/** True if a double does not hold all integers of the type. */
export function hasLongIntegers(dataType: DataType): boolean {
  return dataType === 'int64' || dataType === 'uint64'
}

function isOfType(value: FeatureValue, type: FeatureType, dataType: DataType): boolean {
  if (type === 'date') return typeof value === 'string' && daysOf(value) !== undefined
  if (type === 'datetime') return typeof value === 'string' && secondsOf(value) !== undefined
  if (type !== 'integer') return typeof value === type
  return typeof value === 'string' ? isIntegerText(value, dataType) : Number.isInteger(value)
}

/** A long integer is text, because JSON numbers do not hold all of its digits. */
function isIntegerText(text: string, dataType: DataType): boolean {
  return hasLongIntegers(dataType) && /^-?\d{1,20}$/.test(text)
}

/** @param value Of the type of the feature. */
function fits(value: FeatureValue, type: FeatureType, dataType: DataType): boolean {
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
