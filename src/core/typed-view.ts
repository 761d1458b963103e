import { DATA_TYPES } from './datatypes.ts'
import type { DataType, TensorData } from './datatypes.ts'

type TypedArray = Exclude<TensorData, string[]>
type TypedArrayClass = new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray

/**
 * Reads little-endian bytes as numbers.
 *
 * @param dataType Any but `string`. The bytes must be a whole number of elements.
 * @returns A view of the bytes if their address is a multiple of the element size, and else a copy.
 */
export function typedView(dataType: DataType, bytes: Uint8Array): TypedArray {
  const { constructor, BYTES_PER_ELEMENT } = DATA_TYPES[dataType].allocate(0) as TypedArray
  const isAligned = bytes.byteOffset % BYTES_PER_ELEMENT === 0
  // `slice` of a Buffer would return a view of the same bytes.
  const { buffer, byteOffset, byteLength } = isAligned ? bytes : new Uint8Array(bytes)
  return new (constructor as unknown as TypedArrayClass)(buffer, byteOffset, byteLength / BYTES_PER_ELEMENT)
}
