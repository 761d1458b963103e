import { DATA_TYPES } from '../../core/datatypes.ts'
import type { TensorData } from '../../core/datatypes.ts'
import { toFloat16Bits } from '../../core/float16.ts'
import type { Feature } from '../../core/feature.ts'
import { featureWriter, nameOfType } from '../tensors/elements.ts'
import type { Numbers } from '../tensors/elements.ts'

/**
 * Writes the value that the model gets for a missing one.
 *
 * @returns If the feature refuses a missing value: the expected value, the reason, and the next step for the operator.
 */
export function writeMissing(feature: Feature, data: TensorData, index: number): string | undefined {
  const { type, dataType, missing } = feature
  if (missing.rule === 'refuse') return refusalOf(feature)
  if (missing.rule === 'value') return featureWriter(type, dataType)(data, index, missing.value)
  ;(data as Numbers)[index] = dataType === 'float16' ? toFloat16Bits(Number.NaN) : Number.NaN
  return undefined
}

function refusalOf({ type, dataType, missing }: Feature): string {
  const what = `expected ${nameOfType(type)}, got null`
  if (missing.by === 'model.json') return `${what}: model.json refuses a missing value`
  const allowed = DATA_TYPES[dataType].kind === 'float' ? '"missing": "nan" or a value' : '"missing" with a value'
  return `${what}: ${missing.reason}. If the model takes it, write ${allowed} for this feature into model.json`
}
