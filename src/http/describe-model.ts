import type { OfferedExample } from '../core/offered-example.ts'
import type { Feature } from '../core/feature.ts'
import type { ModelView } from '../core/model-view.ts'
import type { Task } from '../core/task.ts'
import type { TensorSpec } from '../core/signature.ts'
import type { Model } from '../models/model.ts'
import type { ModelEntry } from '../models/model-entry.ts'
import type { ModelDescription } from './openapi/reply-schemas.ts'

/** Describes a model in any state, as `GET /models/{name}` answers it. */
export function describeModel(entry: ModelEntry): ModelDescription {
  const { name, version, status } = entry
  if (!('model' in entry)) return { name, version, status, ...(status === 'failed' && { error: entry.error }) }
  const { view, warnings } = entry.model
  return {
    name,
    version,
    status,
    ...(view.description !== undefined && { description: view.description }),
    ...(warnings.length > 0 && { warnings: [...warnings] }),
    task: view.task.kind,
    ...describeActivation(view.task),
    ...describeThreshold(view),
    features: view.features.map(describeFeature),
    labels: [...view.labels],
    signature: {
      inputs: view.signature.inputs.map(describeTensor),
      outputs: view.signature.outputs.map(describeTensor),
    },
    file: describeFile(entry.model.info),
    maxRows: view.maxRows,
    batching: { ...entry.model.batching, measured: [...entry.model.batching.measured] },
    execution: entry.model.execution,
    maxQueued: entry.model.maxQueued,
    ...describeExample(entry.model.example),
  }
}

function describeExample(example: OfferedExample): Pick<ModelDescription, 'example' | 'exampleNote'> {
  return 'body' in example ? { example: example.body } : { exampleNote: example.note }
}

function describeActivation(task: Task): Pick<ModelDescription, 'activation'> {
  const { name, reason } = (task.kind === 'classifier' && task.activation) || {}
  return name === undefined || reason === undefined ? {} : { activation: { name, reason } }
}

function describeThreshold({ task, labels }: ModelView): Pick<ModelDescription, 'threshold'> {
  const { index, atLeast } = (task.kind === 'classifier' && task.threshold) || {}
  return index === undefined || atLeast === undefined ? {} : { threshold: { label: labels[index]!, atLeast } }
}

function describeFeature({ input: _input, column: _column, dataType: _dataType, ...feature }: Feature) {
  const { minimum, maximum, values, ...shown } = feature
  return {
    ...shown,
    ...(minimum !== undefined && { minimum: Number(minimum) }),
    ...(maximum !== undefined && { maximum: Number(maximum) }),
    ...(values && { values: values.map((value) => (typeof value === 'bigint' ? String(value) : value)) }),
  }
}

type FileDescription = NonNullable<ModelDescription['file']>

function describeFile({ producer, irVersion, opsets, metadata }: Model['info']): FileDescription {
  const named = Array.from(opsets, ([domain, version]) => [domain || 'ai.onnx', version] as const)
  return { producer, irVersion, opsets: Object.fromEntries(named), metadata: Object.fromEntries(metadata) }
}

function describeTensor({ name, dataType, shape, freeNames }: TensorSpec) {
  const names = freeNames?.map((each) => each ?? null)
  return { name, dataType, shape: [...shape], ...(names && { freeNames: names }) }
}
