import { DATA_TYPES } from '../core/datatypes.ts'
import type { Feature, ModelView } from '../core/model-view.ts'
import type { TensorSpec } from '../core/signature.ts'
import { exampleValue } from '../protocols/example.ts'
import type { JsonSchema } from './json-schema.ts'

// NaN and the infinities are answered as null.
const NUMBER: JsonSchema = { type: ['number', 'null'] }

/** What `POST …/predict` accepts for this model: each form of body that works for it. */
export function requestSchema(view: ModelView): JsonSchema {
  const { inputs } = view.signature
  const tensors = objectOf(Object.fromEntries(inputs.map((spec) => [spec.name, tensorSchema(spec)])))
  const byTensor: JsonSchema = { ...objectOf({ inputs: tensors }), title: 'Tensors' }
  const [only, second] = inputs
  if (view.features.length === 0) {
    if (!only || second) return byTensor
    return { oneOf: [{ ...objectOf({ instances: tensorSchema(only) }), title: 'Rows' }, byTensor] }
  }
  const record = recordSchema(view.features)
  const row: JsonSchema = { type: 'array', title: 'Values in column order', items: {}, minItems: view.features.length }
  const rows: JsonSchema = { type: 'array', minItems: 1, maxItems: view.maxRows, items: { oneOf: [record, row] } }
  return {
    oneOf: [record, { ...rows, title: 'Rows' }, { ...objectOf({ instances: rows }), title: 'Instances' }, byTensor],
  }
}

function recordSchema(features: readonly Feature[]): JsonSchema {
  const properties = features.map((feature) => {
    const description = [feature.description, feature.unit && `in ${feature.unit}`].filter(Boolean).join(', ')
    const schema = { type: feature.type, ...(description && { description }), examples: [exampleValue(feature)] }
    return [feature.name, schema] as const
  })
  return { ...objectOf(Object.fromEntries(properties)), title: 'Record' }
}

/** What it answers. */
export function replySchema(view: ModelView): JsonSchema {
  return objectOf({
    model: { const: view.name },
    version: { const: view.version },
    predictions: { type: 'array', items: predictionSchema(view) },
  })
}

function predictionSchema({ task, labels, signature }: ModelView): JsonSchema {
  if (task.kind === 'regressor') return NUMBER
  if (task.kind === 'outputs') return { type: 'object', description: outputNames(signature.outputs) }
  if (labels.length === 0) {
    return objectOf({ label: { type: ['string', 'integer'] }, [task.scores]: { type: 'array', items: NUMBER } })
  }
  const byClass = objectOf(Object.fromEntries(labels.map((label) => [String(label), NUMBER])))
  return objectOf({ label: { enum: [...labels] }, [task.scores]: byClass })
}

function outputNames(outputs: readonly TensorSpec[]): string {
  return `The outputs by name: ${outputs.map(({ name }) => name).join(', ')}`
}

function tensorSchema({ dataType, shape }: TensorSpec): JsonSchema {
  const element: JsonSchema = { type: elementType(dataType) }
  return shape.reduceRight<JsonSchema>((items, size) => {
    return { type: 'array', items, ...(size !== -1 && { minItems: size, maxItems: size }) }
  }, element)
}

function elementType(
  dataType: TensorSpec['dataType'],
): ('string' | 'integer')[] | 'number' | 'boolean' | 'string' | 'integer' {
  const { kind } = DATA_TYPES[dataType]
  if (dataType === 'int64' || dataType === 'uint64') return ['integer', 'string']
  return kind === 'float' ? 'number' : kind
}

function objectOf(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}
