import { DATA_TYPES } from '../../core/datatypes.ts'
import { daysOf, secondsOf } from '../../core/dates.ts'
import type { Feature } from '../../core/feature.ts'

/**
 * Returns the example of a feature as its column holds it; undefined if it has none.
 *
 * @param parity 1 returns another value instead, if there is one that is likely to be as good.
 */
export function sampleValueOf(feature: Feature, parity: number): Feature['example'] {
  const { example } = feature
  if (typeof example === 'string') return sampleText(feature, example, parity)
  if (typeof example === 'boolean') return parity === 1 ? !example : example
  return example === undefined ? undefined : sampleNumber(feature, example, parity)
}

function sampleText({ type, dataType, values }: Feature, example: string, parity: number): string | number | undefined {
  if (type === 'integer') return example
  const other = parity === 1 ? values?.find((value) => value !== example) : undefined
  const text = typeof other === 'string' && other !== '' ? other : example
  if (type === 'string' || dataType === 'string') return text
  return type === 'date' ? daysOf(example) : secondsOf(example)
}

/** The integer below the example is likely to be valid as well, if it is not below the minimum. */
function sampleNumber({ type, dataType, minimum = 0 }: Feature, example: number, parity: number): number {
  const isWhole = DATA_TYPES[dataType].kind === 'integer' || type === 'integer'
  return isWhole && example - parity >= minimum ? example - parity : example
}
