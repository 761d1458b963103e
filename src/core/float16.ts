// IEEE 754 binary16 as raw bits. Node 20 has no Float16Array.

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/**
 * Returns the 16 bits of the float16 that is nearest to `value`, with ties to even. Beyond ±65504 the result is ±Infinity,
 * as with `Math.fround`.
 */
export function toFloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return sign | 0x7c00
  // Subnormals step by 2^-24. A float64 holds them exactly, so one rounding is enough.
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24)
  const exponent = exponentOf(magnitude)
  // A mantissa that rounds up to 2048 carries into the exponent, which is the right result.
  return sign | (((exponent + 15) << 10) + roundHalfEven(magnitude * 2 ** (10 - exponent)) - 1024)
}

/** Returns the number with these 16 bits. */
export function fromFloat16Bits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const mantissa = half & 1023
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent ? sign * 2 ** (exponent - 25) * (1024 + mantissa) : sign * 2 ** -24 * mantissa
}

function exponentOf(magnitude: number): number {
  float[0] = magnitude
  const exponent = ((bits[0]! >> 23) & 255) - 127
  // Rounding to float32 may have reached the next power of two.
  return 2 ** exponent > magnitude ? exponent - 1 : exponent
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
