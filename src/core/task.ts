import type { Activation } from './activation.ts'
import type { Threshold } from './threshold.ts'

/** The name of a class. Integers beyond 2^53 are text. */
export type Label = string | number

/** The meaning of a model's outputs. */
export type Task =
  | {
      readonly kind: 'classifier'
      /** The output with the class of each row. undefined: the class of a row is the one with the largest number. */
      readonly label: string | undefined
      /** The output with one number for each class. */
      readonly probabilities: string
      /** Distances and values of decision functions are `scores`. */
      readonly scores: 'probabilities' | 'scores'
      /** Turns the numbers of the output into those of the answer. If absent, the numbers are answered as they are. */
      readonly activation?: Activation
      /** Compared with the numbers of the answer. */
      readonly threshold?: Threshold
    }
  | { readonly kind: 'outlier'; readonly label: string; readonly score: string }
  /** One output with one or several numbers for each row. */
  | { readonly kind: 'regressor'; readonly value: string }
  | { readonly kind: 'outputs' }
