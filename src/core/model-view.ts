import type { DataType } from './datatypes.ts'
import type { Signature } from './signature.ts'

export type FeatureType = 'number' | 'integer' | 'boolean' | 'string'

/** One named column of a tabular model, and the place of its values in the input tensors. */
export interface Feature {
  readonly name: string
  readonly type: FeatureType
  readonly dataType: DataType
  /** Index into `signature.inputs`. */
  readonly input: number
  /** Column within that input. */
  readonly column: number
  readonly unit?: string
  readonly description?: string
  readonly example?: number | boolean | string
}

/** What a model's outputs mean, as far as their types tell. */
export type Task =
  | {
      readonly kind: 'classifier'
      readonly label: string
      /** The output with one number for each class. */
      readonly probabilities: string
      /** What these numbers are: distances and decision functions are no probabilities. */
      readonly scores: 'probabilities' | 'scores'
    }
  | { readonly kind: 'regressor'; readonly value: string }
  | { readonly kind: 'outputs' }

/** All that a protocol needs to know of a model to read requests for it and write answers. */
export interface ModelView {
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly signature: Signature
  /** In column order; empty when the inputs are not tabular. */
  readonly features: readonly Feature[]
  /** Index into `features` by name. */
  readonly featureIndex: ReadonlyMap<string, number>
  readonly task: Task
  /** Names of the classes, in the order of the probability columns; empty when unknown. */
  readonly labels: readonly (string | number)[]
  /** Most rows that one request may bring. */
  readonly maxRows: number
}
