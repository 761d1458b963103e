import { DATA_TYPES } from '../../core/datatypes.ts'
import { daysOf, secondsOf } from '../../core/dates.ts'
import { fromFloat16Bits, toFloat16Bits } from '../../core/float16.ts'
import type { Feature, FeatureType, OutOfRange, ValueRange } from '../../core/feature.ts'
import { hasLongIntegers, withArticle } from './feature-values.ts'

type RangeValue = number | bigint | string

/**
 * Returns the usual values of model.json, in the form in which the columns of the model hold them.
 *
 * @param otherwise `outOfRange` of the model, for features that have none of their own.
 * @throws Error if a bound or a value is not of the type of its feature.
 */
export function toRanges(features: readonly Feature[], otherwise: OutOfRange = 'warn'): ValueRange[] {
  return features.flatMap((feature) => {
    const { name, minimum, maximum, values, outOfRange = otherwise } = feature
    if (minimum === undefined && maximum === undefined && values === undefined) return []
    if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
      throw new Error(`model.json: the minimum of feature ${name}, ${minimum}, is above its maximum, ${maximum}`)
    }
    if (outOfRange === 'ignore') return []
    const range = {
      feature,
      minimum: minimum === undefined ? undefined : toBound('minimum', minimum, feature),
      maximum: maximum === undefined ? undefined : toBound('maximum', maximum, feature),
      values: values && new Set(values.map((value) => toColumnValue(value, feature))),
      missing: replacementOf(feature),
      isRefused: outOfRange === 'refuse',
    }
    return [range]
  })
}

/** The value that replaces a missing one is in every range. */
function replacementOf(feature: Feature): RangeValue | undefined {
  const { value } = feature.missing
  return typeof value === 'boolean' || value === undefined ? undefined : tryColumnValue(value, feature)
}

function toBound(what: string, value: number | bigint, feature: Feature): number | bigint {
  if (DATA_TYPES[feature.dataType].kind !== 'string') return rounded(value, feature)
  const next = 'list the usual strings in "values"'
  throw new Error(`model.json: "${what}" of feature ${feature.name}: its column holds strings: ${next}`)
}

function toColumnValue(value: RangeValue, feature: Feature): RangeValue {
  const held = tryColumnValue(value, feature)
  if (held !== undefined) return held
  const got = JSON.stringify(String(value))
  throw new Error(`model.json: "values" of feature ${feature.name}: expected ${withArticle(feature.type)}, got ${got}`)
}

/** @returns The value as its column holds it; undefined if it is not of the type of the feature. */
function tryColumnValue(value: RangeValue, feature: Feature): RangeValue | undefined {
  const { type, dataType } = feature
  if (DATA_TYPES[dataType].kind === 'string') return String(value)
  const number = timeOf(value, type) ?? parseNumber(value)
  if (number === undefined) return undefined
  if (!hasLongIntegers(dataType)) return rounded(number, feature)
  return typeof number === 'number' && !Number.isInteger(number) ? undefined : BigInt(number)
}

function timeOf(value: RangeValue, type: FeatureType): number | undefined {
  if (type === 'date') return daysOf(String(value))
  return type === 'datetime' ? secondsOf(String(value)) : undefined
}

function parseNumber(value: RangeValue): number | bigint | undefined {
  if (typeof value !== 'string') return value
  const text = value.trim()
  // A double does not hold all integers of 64 bits.
  if (/^-?\d+$/.test(text)) return BigInt(text)
  const number = text === '' ? Number.NaN : Number(text)
  return Number.isNaN(number) ? undefined : number
}

/** Rounds a number to the type of its column: 0.1 is another number in float32. */
function rounded(value: number | bigint, { dataType }: Feature): number | bigint {
  if (dataType === 'float32') return Math.fround(Number(value))
  if (dataType === 'float16') return fromFloat16Bits(toFloat16Bits(Number(value)))
  return dataType === 'int64' || dataType === 'uint64' ? value : Number(value)
}
