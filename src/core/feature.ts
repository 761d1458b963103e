import type { DataType } from './datatypes.ts'

/** Dates are ISO strings. A column of numbers gets a date as days since 1970, a datetime as seconds since 1970 in UTC. */
export type FeatureType = 'number' | 'integer' | 'boolean' | 'string' | 'date' | 'datetime'

/** Says what the server does with a missing value of a feature: `null` in JSON, an empty cell in CSV. */
export interface MissingRule {
  /** `nan`: the model gets NaN. `value`: it gets `value`. `refuse`: the request is refused. */
  readonly rule: 'nan' | 'value' | 'refuse'
  /** Of the feature's type. */
  readonly value?: number | boolean | string
  /** The source of the rule. */
  readonly by: 'model.json' | 'examples.json' | 'graph' | 'default'
  /** The reason for people: a clause in which `it` is the missing value. */
  readonly reason: string
}

/** The features that are missing in some row of examples.json. */
export interface ExampleGaps {
  /** Names as the rows have them. */
  readonly names: ReadonlySet<string>
  /** Positions in rows without names. */
  readonly positions: ReadonlySet<number>
}

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
  readonly missing: MissingRule
  /** The usual values: a range of numbers, or a list. Integers beyond 2^53 are bigint. */
  readonly minimum?: number | bigint
  readonly maximum?: number | bigint
  readonly values?: readonly (string | number | bigint)[]
  /** Replaces `outOfRange` of the whole model. */
  readonly outOfRange?: OutOfRange
}

export const OUT_OF_RANGE = ['warn', 'refuse', 'ignore'] as const

/** Says what the server does with a value that is not usual: a warning in the answer, an error, or nothing. */
export type OutOfRange = (typeof OUT_OF_RANGE)[number]

/** The usual values of a feature, as its column holds them. */
export interface ValueRange {
  readonly feature: Feature
  readonly minimum: number | bigint | undefined
  readonly maximum: number | bigint | undefined
  readonly values: ReadonlySet<number | bigint | string> | undefined
  /** The value that replaces a missing one. It is in every range. */
  readonly missing: number | bigint | string | undefined
  /** True if other values are refused; false if the answer only warns of them. */
  readonly isRefused: boolean
}
