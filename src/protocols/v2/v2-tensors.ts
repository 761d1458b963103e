import type { DataType } from '../../core/datatypes.ts'
import { elementCount } from '../../core/tensor.ts'

/** The protocol's name of each datatype. */
export const V2_NAMES: Readonly<Record<DataType, string>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
}

/** All that a request says about a tensor, except its elements. */
export interface TensorHead {
  readonly dataType: DataType
  readonly shape: readonly number[]
  /** The place of the tensor in the request. */
  readonly path: string
}

export function countProblem(shape: readonly number[], got: number): string {
  return `shape [${shape.join(',')}] takes ${elementCount(shape)} elements, got ${got}`
}
