import type { Fill } from '../../core/sample-recipe.ts'

/** How the numbers of one kind of made-up inputs are chosen. */
interface FillRow {
  /** Floats differ from element to element, and another seed makes other numbers. */
  readonly isVaried: boolean
  /** The number of an element. @param bit 0 or 1, by element and seed. */
  readonly number: (index: number, bit: number) => number
  /** The number of a lone integer; as for others when absent. */
  readonly scalar?: number
}

const bitOf: FillRow['number'] = (_index, bit) => bit

/** In the order in which they are tried. */
export const FILLS: Readonly<Record<Fill, FillRow>> = {
  varied: { isVaried: true, number: bitOf },
  'varied, scalars 1': { isVaried: true, number: bitOf, scalar: 1 },
  // Audio models take the sample rate as an input.
  'varied, scalars 16000': { isVaried: true, number: bitOf, scalar: 16_000 },
  // Scales, divisors and shapes to reshape to.
  ones: { isVaried: false, number: () => 1 },
  zeros: { isVaried: false, number: () => 0 },
  // Axes and positions, of which none may come twice.
  counting: { isVaried: false, number: (index) => index },
}

export const FILL_NAMES = Object.keys(FILLS) as readonly Fill[]
