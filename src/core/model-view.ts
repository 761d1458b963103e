import type { DataType } from './datatypes.ts'
import type { NameIndex } from './name-index.ts'
import type { Signature } from './signature.ts'
import type { TextRule } from './text-rules.ts'

/** Dates come as ISO strings, and reach a column of numbers as days, a datetime as seconds, since 1970 in UTC. */
export type FeatureType = 'number' | 'integer' | 'boolean' | 'string' | 'date' | 'datetime'

/** What becomes of a missing value of a feature: `null` in JSON, an empty cell in CSV. */
export interface MissingRule {
  /** `nan`: the model gets NaN. `value`: it gets `value`. `refuse`: the request is refused. */
  readonly rule: 'nan' | 'value' | 'refuse'
  /** Of the feature's type. */
  readonly value?: number | boolean | string
  /** What the rule follows from. */
  readonly by: 'model.json' | 'examples.json' | 'graph' | 'default'
  /** Why, for people: a clause in which `it` is the missing value. */
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
  /** What is usual: the range of numbers, or the values that there are. Integers beyond 2^53 are bigint. */
  readonly minimum?: number | bigint
  readonly maximum?: number | bigint
  readonly values?: readonly (string | number | bigint)[]
  /** What becomes of other values; where absent, what model.json says for all features. */
  readonly outOfRange?: OutOfRange
}

export const OUT_OF_RANGE = ['warn', 'refuse', 'ignore'] as const

/** What becomes of a value that is not usual: a warning in the answer, an error, or nothing. */
export type OutOfRange = (typeof OUT_OF_RANGE)[number]

/** The usual values of a feature, as its column holds them. */
export interface ValueRange {
  readonly feature: Feature
  readonly minimum: number | bigint | undefined
  readonly maximum: number | bigint | undefined
  readonly values: ReadonlySet<number | bigint | string> | undefined
  /** What stands for a missing value, which is in every range. */
  readonly missing: number | bigint | string | undefined
  /** Other values are refused, and not only warned of. */
  readonly isRefused: boolean
}

/** An output that is answered. */
export interface AnsweredOutput {
  /** Its name in the signature. */
  readonly tensor: string
  /** Its name in the file, which another one stands for where ZipMap was cut off. */
  readonly fileName: string
  /** The name that model.json gives it. */
  readonly name?: string
  /** Names of its columns, for outputs of several numbers a row. */
  readonly columns?: readonly string[]
  /** Its values are classes, told by their labels. */
  readonly isLabel?: boolean
}

export const ACTIVATIONS = ['softmax', 'sigmoid', 'none'] as const

/** The function between the last layer of a network and the numbers of its classes, and why this one was chosen. */
export interface Activation {
  readonly name: (typeof ACTIVATIONS)[number]
  readonly reason: string
  /**
   * The graph does not tell whether its numbers are probabilities already: the first answers decide. The operator that
   * makes them may make negative numbers too, or is not known to.
   */
  readonly guessed?: 'signed' | 'bounded'
}

/** Chooses the label of a classifier of two classes, where that is not the class with the largest number. */
export interface Threshold {
  /** The class that is answered where its number is at least `atLeast`; the other one is answered below. */
  readonly index: 0 | 1
  readonly atLeast: number
}

/** What a model's outputs mean, as far as their types tell. */
export type Task =
  | {
      readonly kind: 'classifier'
      /** The output with the class of each row; undefined where it is the class with the largest number. */
      readonly label: string | undefined
      /** The output with one number for each class. */
      readonly probabilities: string
      /** What these numbers are: distances and decision functions are no probabilities. */
      readonly scores: 'probabilities' | 'scores'
      /** Turns the numbers of the output into those that are answered; absent where they are answered as they are. */
      readonly activation?: Activation
      /** Compared with the numbers that are answered. */
      readonly threshold?: Threshold
    }
  | { readonly kind: 'outlier'; readonly label: string; readonly score: string }
  /** One output of numbers, one or several a row. */
  | { readonly kind: 'regressor'; readonly value: string }
  | { readonly kind: 'outputs' }

export const NAN_POLICIES = ['null', 'string', 'bare'] as const

/** How JSON carries NaN and the infinities: not at all, as strings, or as the tokens that Python writes and reads. */
export type NanPolicy = (typeof NAN_POLICIES)[number]

/** The name of a class; integers beyond 2^53 as text. */
export type Label = string | number

/** The numbers of made-up inputs: varied around 0 and 1, with a number of their own for integer scalars, or one pattern. */
export type Fill = 'varied' | 'varied, scalars 1' | 'varied, scalars 16000' | 'ones' | 'zeros' | 'counting'

/** Made-up inputs that the model was seen to compute. */
export interface MadeUp {
  /** By input. Where axis 0 is the batch, its size here is 1. */
  readonly shapes: readonly (readonly number[])[]
  readonly fill: Fill
}

/** All that a protocol needs to know of a model to read requests for it and write answers. */
export interface ModelView {
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly signature: Signature
  /** In column order; empty when the inputs are not tabular. */
  readonly features: readonly Feature[]
  /** Index into `features` by name. */
  readonly featureIndex: NameIndex
  /** Index into `signature.inputs` by name. */
  readonly inputIndex: NameIndex
  /** The features whose usual values are checked. */
  readonly ranges: readonly ValueRange[]
  /** The texts that are refused, since the file reads them otherwise than the original. */
  readonly textRules: readonly TextRule[]
  readonly task: Task
  /** What the file calls an output that has another name in the signature, where ZipMap was cut off. */
  readonly fileNames: ReadonlyMap<string, string>
  /** In the order in which they are answered. */
  readonly outputs: readonly AnsweredOutput[]
  /** Names of the classes, in the order of the probability columns; empty when unknown. */
  readonly labels: readonly Label[]
  /** `labels` as JSON writes them, as values and as keys: written once for all answers. */
  readonly labelTexts: readonly string[]
  readonly labelKeys: { readonly texts: readonly string[]; readonly maxBytes: number }
  /** The bytes that the longest of these keys takes. */
  readonly maxLabelBytes: number
  /** Index into `labels` by what the model answers, as text; empty when unknown. */
  readonly labelIndex: ReadonlyMap<string, number>
  /** Keys of a record that are no features are passed over instead of refused. */
  readonly ignoresUnknown: boolean
  /** How answers in JSON tell NaN and the infinities. */
  readonly jsonNan: NanPolicy
  /** Most rows that one request may bring. */
  readonly maxRows: number
  /** Most bytes that one answer may take. */
  readonly maxAnswerBytes: number
  /** Absent before the model was tried, and where it computed none of what was made up. */
  readonly madeUp?: MadeUp
}

/** What a view holds of labels besides themselves. */
export function writeLabels(labels: readonly Label[]): Pick<ModelView, 'labelTexts' | 'labelKeys' | 'maxLabelBytes'> {
  const texts = labels.map((label) => `${JSON.stringify(String(label))}:`)
  const sizes = texts.map((key) => Buffer.byteLength(key))
  return {
    labelTexts: labels.map((label) => JSON.stringify(label)),
    labelKeys: { texts, maxBytes: sizes.reduce((sum, size) => sum + size, 0) },
    maxLabelBytes: sizes.reduce((most, size) => Math.max(most, size), 0),
  }
}
