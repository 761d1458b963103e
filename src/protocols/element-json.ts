import { fromFloat16Bits } from '../core/float16.ts'
import type { ModelView, NanPolicy } from '../core/model-view.ts'
import type { Tensor } from '../core/tensor.ts'
import { elementCount } from '../core/tensor.ts'
import { shortestFloat32 } from './float32.ts'

/** Who says how NaN and the infinities are written. */
export type NanTeller = Pick<ModelView, 'jsonNan'>

/** The part of a tensor below `axis` that starts at element `from`, as nested arrays. */
export function nestedJson(tensor: Tensor, axis: number, from: number, model: NanTeller): string {
  const size = tensor.shape[axis]
  if (size === undefined) return elementJson(tensor, from, model)
  const step = elementCount(tensor.shape.slice(axis + 1))
  return list(size, (index) => nestedJson(tensor, axis + 1, from + index * step, model))
}

/** All elements in order, in one array. */
export function flatJson(tensor: Tensor, model: NanTeller): string {
  return list(tensor.data.length, (index) => elementJson(tensor, index, model))
}

/** One element as JSON, which cannot carry NaN and the infinities. */
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

const NOT_FINITE: Readonly<Record<NanPolicy, (number: number) => string>> = {
  null: () => 'null',
  string: (number) => `"${number}"`,
  bare: String,
}

/** An array of so many items. */
export function list(length: number, item: (index: number) => string): string {
  let json = '['
  for (let index = 0; index < length; index++) json += index === 0 ? item(index) : `,${item(index)}`
  return `${json}]`
}
