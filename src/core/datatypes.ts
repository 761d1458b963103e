/** The type of one element of a tensor, by its name in ONNX Runtime. */
export type DataType =
  | 'bool'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'string'

/** Elements in row-major order. A float16 is stored as its raw bits, a bool as 0 or 1. */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | string[]

/** A group of datatypes whose values are read, checked and written in the same way. */
export type DataKind = 'boolean' | 'integer' | 'float' | 'string'

interface DataTypeRow {
  readonly kind: DataKind
  /** Makes storage for `length` elements, filled with 0 or ''. */
  readonly allocate: (length: number) => TensorData
  /** The range of an integer type, inclusive. */
  readonly min?: bigint
  readonly max?: bigint
}

export const DATA_TYPES: Readonly<Record<DataType, DataTypeRow>> = {
  bool: { kind: 'boolean', allocate: (n) => new Uint8Array(n) },
  uint8: { kind: 'integer', allocate: (n) => new Uint8Array(n), min: 0n, max: 2n ** 8n - 1n },
  uint16: { kind: 'integer', allocate: (n) => new Uint16Array(n), min: 0n, max: 2n ** 16n - 1n },
  uint32: { kind: 'integer', allocate: (n) => new Uint32Array(n), min: 0n, max: 2n ** 32n - 1n },
  uint64: { kind: 'integer', allocate: (n) => new BigUint64Array(n), min: 0n, max: 2n ** 64n - 1n },
  int8: { kind: 'integer', allocate: (n) => new Int8Array(n), min: -(2n ** 7n), max: 2n ** 7n - 1n },
  int16: { kind: 'integer', allocate: (n) => new Int16Array(n), min: -(2n ** 15n), max: 2n ** 15n - 1n },
  int32: { kind: 'integer', allocate: (n) => new Int32Array(n), min: -(2n ** 31n), max: 2n ** 31n - 1n },
  int64: { kind: 'integer', allocate: (n) => new BigInt64Array(n), min: -(2n ** 63n), max: 2n ** 63n - 1n },
  float16: { kind: 'float', allocate: (n) => new Uint16Array(n) },
  float32: { kind: 'float', allocate: (n) => new Float32Array(n) },
  float64: { kind: 'float', allocate: (n) => new Float64Array(n) },
  string: { kind: 'string', allocate: (n) => Array.from<string>({ length: n }).fill('') },
}

export function isDataType(name: string): name is DataType {
  return Object.hasOwn(DATA_TYPES, name)
}
