import type { DataType, TensorData } from './datatypes.ts'

/** A value of a model's input or output; `data` holds the product of `shape` elements, row-major. */
export interface Tensor {
  readonly dataType: DataType
  readonly shape: readonly number[]
  readonly data: TensorData
}

/** Tensors by name; a Map, because names come from the wire. */
export type Tensors = ReadonlyMap<string, Tensor>

/** The number of elements in a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  let count = 1
  for (const dimension of shape) count *= dimension
  return count
}
