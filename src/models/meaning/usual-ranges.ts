import { DATA_TYPES } from '../../core/datatypes.ts'
import { daysOf, secondsOf } from '../../core/dates.ts'
import { fromFloat16Bits, toFloat16Bits } from '../../core/float16.ts'
import type { Feature, OutOfRange, ValueRange } from '../../core/feature.ts'

type Value = number | bigint | string

/**
 * The values that model.json calls usual, in the form in which the columns of the model hold them.
 *
 * @param otherwise What becomes of other values, where the feature itself does not say.
 * @throws Error when a bound or a value is none of its feature's type.
 */
export function toRanges(features: readonly Feature[], otherwise: OutOfRange = 'warn'): ValueRange[] {
  return features.flatMap((feature) => {
    const { name, minimum, maximum, values, missing, outOfRange = otherwise } = feature
    if (minimum === undefined && maximum === undefined && values === undefined) return []
    if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
      throw new Error(`model.json: the minimum of feature ${name}, ${minimum}, is above its maximum, ${maximum}`)
    }
    if (outOfRange === 'ignore') return []
    const held = (what: string, value: Value): Value => toHeld(what, value, feature)
    const range = {
      feature,
      minimum: minimum === undefined ? undefined : toBound('minimum', minimum, feature),
      maximum: maximum === undefined ? undefined : toBound('maximum', maximum, feature),
      values: values && new Set(values.map((value) => held('a value', value))),
      // It stands for no value, so it is in every range.
      missing:
        typeof missing.value === 'boolean' || missing.value === undefined ? undefined : tryHeld(missing.value, feature),
      isRefused: outOfRange === 'refuse',
    }
    return [range]
  })
}

function toBound(what: string, value: number | bigint, feature: Feature): number | bigint {
  if (DATA_TYPES[feature.dataType].kind !== 'string') return rounded(value, feature)
  throw new Error(`model.json: feature ${feature.name} has a ${what}, but its column holds strings`)
}

function toHeld(what: string, value: Value, feature: Feature): Value {
  const held = tryHeld(value, feature)
  if (held !== undefined) return held
  throw new Error(
    `model.json: ${what} of feature ${feature.name}, ${JSON.stringify(String(value))}, is no ${feature.type}`,
  )
}

/** undefined where it is no value of this feature. */
function tryHeld(value: Value, feature: Feature): Value | undefined {
  const { type, dataType } = feature
  if (DATA_TYPES[dataType].kind === 'string') return String(value)
  const time = type === 'date' ? daysOf(String(value)) : type === 'datetime' ? secondsOf(String(value)) : undefined
  const text = String(value).trim()
  const number = time ?? (typeof value === 'string' && text !== '' ? Number(text) : value)
  if (typeof number === 'string' || Number.isNaN(number)) return undefined
  if (dataType !== 'int64' && dataType !== 'uint64') return rounded(number, feature)
  if (typeof number === 'number' && !Number.isInteger(number)) return undefined
  // Digits that a double does not hold stand as text.
  return typeof value === 'string' && time === undefined && /^-?\d+$/.test(text) ? BigInt(text) : BigInt(number)
}

/** The number that a column of floats holds for it: 0.1 is another one in float32. */
function rounded(value: number | bigint, { dataType }: Feature): number | bigint {
  if (dataType === 'float32') return Math.fround(Number(value))
  if (dataType === 'float16') return fromFloat16Bits(toFloat16Bits(Number(value)))
  return dataType === 'int64' || dataType === 'uint64' ? value : Number(value)
}
