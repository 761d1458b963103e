import type { Fill } from '../../core/sample-recipe.ts'

/** The rule by which a fill chooses its numbers. */
interface FillRule {
  /** True if floats differ from element to element, and another seed makes other numbers. */
  readonly isVaried: boolean
  /** Returns the number of an element. @param parity 0 or 1, by element and seed. */
  readonly number: (index: number, parity: number) => number
  /** The number of a lone integer. If absent, `number` chooses it. */
  readonly scalar?: number
}

const parityOf: FillRule['number'] = (_index, parity) => parity

/** All fills, in the order in which they are tried. */
export const FILLS: Readonly<Record<Fill, FillRule>> = {
  varied: { isVaried: true, number: parityOf },
  'varied, scalars 1': { isVaried: true, number: parityOf, scalar: 1 },
  // Audio models take the sample rate as an input.
  'varied, scalars 16000': { isVaried: true, number: parityOf, scalar: 16_000 },
  // For scales, divisors, and shapes to reshape to.
  ones: { isVaried: false, number: () => 1 },
  zeros: { isVaried: false, number: () => 0 },
  // For axes and positions, which must all differ.
  counting: { isVaried: false, number: (index) => index },
}

export const FILL_NAMES = Object.keys(FILLS) as readonly Fill[]
