import type { DataType } from './datatypes.ts'
import type { Tensor } from './tensor.ts'

// Upper bounds of the length of JSON, by datatype.

// The longest text that JavaScript writes for a value of the type, and a comma.
const MAX_BYTES: Readonly<Record<Exclude<DataType, 'string'>, number>> = {
  bool: 6,
  uint8: 4,
  uint16: 6,
  uint32: 11,
  uint64: 21,
  int8: 5,
  int16: 7,
  int32: 12,
  int64: 21,
  // -0.0000012345678901234567. A float16 is written with all digits of its double.
  float16: 26,
  // -340282350000000000000
  float32: 23,
  float64: 26,
}
const QUOTES_AND_COMMA = 3

/** An upper bound of the bytes of one number as JSON, with a comma. */
export function maxNumberBytes(dataType: DataType): number {
  return dataType === 'string' ? 0 : MAX_BYTES[dataType]
}

/** An upper bound of the bytes of all elements as JSON, with a comma each. Escapes in strings are not counted. */
export function maxBytesOf({ dataType, data }: Tensor): number {
  if (dataType !== 'string') return data.length * MAX_BYTES[dataType]
  let bytes = 0
  for (const text of data as readonly string[]) bytes += maxTextBytes(text) + QUOTES_AND_COMMA
  return bytes
}

const SHORT_TEXT = 32

/** An upper bound of the bytes of a text in UTF-8. It is exact for long texts, and quick for short ones. */
export function maxTextBytes(text: string): number {
  return text.length < SHORT_TEXT ? 3 * text.length : Buffer.byteLength(text)
}
