import type { Feature } from '../core/model-view.ts'
import type { ModelEntry } from '../models/registry.ts'
import { exampleBody } from '../protocols/example.ts'
import type { ModelDescription } from './reply-schemas.ts'

/** A model as `GET /models/{name}` shows it, in whatever state it is. */
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
    features: view.features.map(describeFeature),
    labels: [...view.labels],
    signature: { inputs: view.signature.inputs.map(copyShape), outputs: view.signature.outputs.map(copyShape) },
    maxRows: view.maxRows,
    batching: { ...entry.model.batching, measured: [...entry.model.batching.measured] },
    example: exampleBody(view),
  }
}

function describeFeature({ input: _input, column: _column, dataType: _dataType, ...shown }: Feature) {
  return shown
}

function copyShape<T extends { readonly shape: readonly number[] }>(spec: T): Omit<T, 'shape'> & { shape: number[] } {
  return { ...spec, shape: [...spec.shape] }
}
