import { fromFloat16Bits } from '../../core/float16.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { NanPolicy } from '../../core/nan-policy.ts'
import type { Tensor } from '../../core/tensor.ts'
import { shortestFloat32 } from './float32.ts'

/** The part of a model that says how NaN and the infinities are written. */
export type NanTeller = Pick<ModelView, 'jsonNan'>

/** Writes one element as JSON. JSON has no NaN and no infinities, so `jsonNan` decides. */
export function elementJson({ dataType, data }: Tensor, index: number, { jsonNan }: NanTeller): string {
  const value = data[index]!
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return String(value)
  if (dataType === 'bool') return value ? 'true' : 'false'
  const number = dataType === 'float16' ? fromFloat16Bits(value) : value
  if (!Number.isFinite(number)) return NOT_FINITE[jsonNan](number)
  if (Object.is(number, -0)) return '-0'
  return String(dataType === 'float32' ? shortestFloat32(number) : number)
}

/** Makes a function that writes elements like `elementJson`. It is faster for many elements. */
export function elementTexts(tensor: Tensor, model: NanTeller): (index: number) => string {
  const { dataType, data } = tensor
  if (dataType !== 'float32') return (index) => elementJson(tensor, index, model)
  const notFinite = NOT_FINITE[model.jsonNan]
  return (index) => {
    const value = data[index] as number
    if (!Number.isFinite(value)) return notFinite(value)
    return Object.is(value, -0) ? '-0' : String(shortestFloat32(value))
  }
}

const NOT_FINITE: Readonly<Record<NanPolicy, (number: number) => string>> = {
  null: () => 'null',
  string: (number) => `"${number}"`,
  bare: String,
}
