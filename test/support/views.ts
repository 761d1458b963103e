import { NameIndex } from '../../src/core/name-index.ts'
import type { Feature } from '../../src/core/feature.ts'
import type { ModelView } from '../../src/core/model-view.ts'
import type { Task } from '../../src/core/task.ts'
import type { DataType } from '../../src/core/datatypes.ts'
import type { Signature, TensorSpec } from '../../src/core/signature.ts'
import { toAnsweredOutputs } from '../../src/models/meaning/answered-outputs.ts'
import { toFeatures } from '../../src/models/meaning/features.ts'
import type { ModelJson } from '../../src/models/files/model-json.ts'
import { toRanges } from '../../src/models/meaning/usual-ranges.ts'

interface ViewOptions {
  readonly signature: Signature
  readonly features?: ModelJson['features']
  readonly task?: Task
  readonly labels?: readonly (string | number)[]
  /** What the model answers for each label; by default the label itself, or its index where labels are names. */
  readonly classes?: readonly (string | number)[]
  readonly outputs?: ModelJson['outputs']
  readonly ignoresUnknown?: boolean
  readonly outOfRange?: ModelJson['outOfRange']
  readonly maxRows?: number
  readonly maxAnswerBytes?: number
  readonly textRules?: ModelView['textRules']
}

/** What a protocol sees of a model with this signature. */
export function createView({
  signature,
  features,
  task,
  labels = [],
  classes = labels,
  outputs,
  ignoresUnknown = false,
  outOfRange,
  maxRows = 100,
  maxAnswerBytes = 2 ** 20,
  textRules = [],
}: ViewOptions): ModelView {
  const columns: Feature[] = toFeatures(signature, features)
  return {
    name: 'm',
    version: '1',
    signature,
    features: columns,
    featureIndex: new NameIndex(columns.map(({ name }) => name)),
    inputIndex: new NameIndex(signature.inputs.map(({ name }) => name)),
    ranges: toRanges(columns, outOfRange),
    textRules,
    task: task ?? { kind: 'outputs' },
    fileNames: new Map(),
    outputs: toAnsweredOutputs(signature.outputs, new Map(), outputs),
    labels,
    labelIndex: new Map(classes.map((value, index) => [String(value), index])),
    ignoresUnknown,
    jsonNan: 'null',
    maxRows,
    maxAnswerBytes,
  }
}

export function spec(name: string, dataType: DataType, shape: readonly number[]): TensorSpec {
  return { name, dataType, shape }
}

/** Three named columns in one float32 input. */
export function tableView(options: Partial<ViewOptions> = {}): ModelView {
  return createView({
    signature: { inputs: [spec('X', 'float32', [-1, 3])], outputs: [spec('y', 'float32', [-1, 1])] },
    features: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
    ...options,
  })
}
