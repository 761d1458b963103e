import type { Feature, ModelView, Task } from '../../src/core/model-view.ts'
import type { DataType } from '../../src/core/datatypes.ts'
import type { Signature, TensorSpec } from '../../src/core/signature.ts'
import { toFeatures } from '../../src/models/features.ts'
import type { ModelPackage } from '../../src/models/package.ts'

interface ViewOptions {
  readonly signature: Signature
  readonly features?: ModelPackage['features']
  readonly task?: Task
  readonly labels?: readonly (string | number)[]
  readonly maxRows?: number
}

/** What a protocol sees of a model with this signature. */
export function createView({ signature, features, task, labels = [], maxRows = 100 }: ViewOptions): ModelView {
  const columns: Feature[] = toFeatures(signature, features)
  return {
    name: 'm',
    version: '1',
    signature,
    features: columns,
    featureIndex: new Map(columns.map(({ name }, index) => [name, index])),
    task: task ?? { kind: 'outputs' },
    labels,
    maxRows,
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
