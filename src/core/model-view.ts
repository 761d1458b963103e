import type { Feature, ValueRange } from './feature.ts'
import type { NameIndex } from './name-index.ts'
import type { NanPolicy } from './nan-policy.ts'
import type { SampleRecipe } from './sample-recipe.ts'
import type { Signature } from './signature.ts'
import type { Label, Task } from './task.ts'
import type { TextRule } from './text-rules.ts'

/** An output that is answered. */
export interface AnsweredOutput {
  /** Its name in the signature. */
  readonly tensor: string
  /** Its name in the file. It differs from `tensor` if a ZipMap was removed before the output. */
  readonly fileName: string
  /** The name that model.json gives it. */
  readonly name?: string
  /** Names of its columns, for outputs with several numbers for each row. */
  readonly columns?: readonly string[]
  /** True if its values are classes, which the answer names by their labels. */
  readonly isLabel?: boolean
}

/** Everything that a protocol needs to know about a model to read its requests and to write its answers. */
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
  /** Texts are refused by these rules if the file reads them differently from the original model. */
  readonly textRules: readonly TextRule[]
  readonly task: Task
  /** Names in the file, by name in the signature, of outputs before which a ZipMap was removed. */
  readonly fileNames: ReadonlyMap<string, string>
  /** In the order in which they are answered. */
  readonly outputs: readonly AnsweredOutput[]
  /** Names of the classes, in the order of the probability columns; empty when unknown. */
  readonly labels: readonly Label[]
  /** Index into `labels` by the class that the model answers, as text; empty when unknown. */
  readonly labelIndex: ReadonlyMap<string, number>
  /** True if keys of a record that are not features are ignored; false if they are refused. */
  readonly ignoresUnknown: boolean
  readonly jsonNan: NanPolicy
  /** Most rows in one request. */
  readonly maxRows: number
  /** Most bytes in one answer. */
  readonly maxAnswerBytes: number
  /** Absent before the model was tried, and if it computed none of the sample inputs. */
  readonly sample?: SampleRecipe
}
