/** The rule for the numbers of sample inputs. Varied numbers lie around 0 and 1. Integer scalars may have another number. */
export type Fill = 'varied' | 'varied, scalars 1' | 'varied, scalars 16000' | 'ones' | 'zeros' | 'counting'

/** Describes sample inputs that the model was seen to compute. */
export interface SampleRecipe {
  /** A shape for each input. If axis 0 is the batch, its size here is 1. */
  readonly shapes: readonly (readonly number[])[]
  readonly fill: Fill
}
