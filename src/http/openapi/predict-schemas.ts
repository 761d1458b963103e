import { DATA_TYPES } from '../../core/datatypes.ts'
import type { Feature } from '../../core/feature.ts'
import type { ModelView } from '../../core/model-view.ts'
import { formatShape } from '../../core/signature.ts'
import type { TensorSpec } from '../../core/signature.ts'
import { MAX_EXAMPLE_NUMBERS, exampleValue } from '../../protocols/predict/example-body.ts'
import { fixedRowsOf, inputsByRow } from '../../protocols/tabular/row-limits.ts'
import { elementCount } from '../../core/tensor.ts'
import type { JsonSchema } from './json-schema.ts'

// JSON has no NaN and no infinities. They are answered as null.
const NUMBER: JsonSchema = { type: ['number', 'null'] }

/** Describes the body of `POST …/predict` for this model: every form that the model accepts. */
export function requestSchema(view: ModelView): JsonSchema {
  const inputs = inputsByRow(view)
  const nullable = new Set(view.features.flatMap(({ input, missing }) => (missing.rule === 'refuse' ? [] : [input])))
  const tensors = objectOf(
    Object.fromEntries(inputs.map((spec, index) => [spec.name, tensorSchema(spec, nullable.has(index))])),
  )
  const byTensor: JsonSchema = { ...objectOf({ inputs: tensors }), title: 'Tensors' }
  const [only, second] = inputs
  if (view.features.length === 0) {
    if (!only || second) return byTensor
    return { oneOf: [{ ...objectOf({ instances: tensorSchema(only) }), title: 'Rows' }, byTensor] }
  }
  const record = recordSchema(view)
  const row: JsonSchema = { type: 'array', title: 'Values in column order', items: {}, minItems: view.features.length }
  const fixed = fixedRowsOf(view)
  const count = { minItems: fixed ?? 1, maxItems: fixed ?? view.maxRows }
  const rows: JsonSchema = { type: 'array', ...count, items: { oneOf: [record, row] } }
  const several = [{ ...rows, title: 'Rows' }, { ...objectOf({ instances: rows }), title: 'Instances' }, byTensor]
  return { oneOf: (fixed ?? 1) === 1 ? [record, ...several] : several }
}

function recordSchema({ features, ignoresUnknown }: ModelView): JsonSchema {
  const properties = features.map((feature) => [feature.name, featureSchema(feature)] as const)
  return { ...objectOf(Object.fromEntries(properties)), additionalProperties: ignoresUnknown, title: 'Record' }
}

function featureSchema(feature: Feature): JsonSchema {
  const { type, unit, missing } = feature
  const name = type === 'date' || type === 'datetime' ? 'string' : type
  const description = [feature.description, unit && `in ${unit}`, describeRange(feature)].filter(Boolean).join(', ')
  return {
    type: missing.rule === 'refuse' ? name : [name, 'null'],
    ...(name !== type && { format: type === 'date' ? 'date' : 'date-time' }),
    ...(description && { description }),
    examples: [exampleValue(feature)],
  }
}

function describeRange({ minimum, maximum, values }: Feature): string | undefined {
  if (values) return `one of ${values.slice(0, 20).join(', ')}`
  return minimum === undefined || maximum === undefined ? undefined : `from ${minimum} to ${maximum}`
}

/** Describes the answer: predictions, or tensors if the request brought tensors. */
export function replySchema(view: ModelView): JsonSchema {
  const head = { model: { const: view.name }, version: { const: view.version } }
  const names = view.signature.outputs.map(({ name }) => name).join(', ')
  return {
    oneOf: [
      replyOf({ ...head, predictions: { type: 'array', items: predictionSchema(view) } }),
      replyOf({ ...head, outputs: { type: 'object', description: `The tensors by name: ${names}` } }),
    ],
  }
}

/** Adds `warnings`, which an answer has if some values are outside of the usual ranges. */
function replyOf(members: Record<string, JsonSchema>): JsonSchema {
  const warnings: JsonSchema = { type: 'array', items: { type: 'string' } }
  return { ...objectOf(members), properties: { ...members, warnings } }
}

function predictionSchema(view: ModelView): JsonSchema {
  const { task, outputs } = view
  const keyOf = (tensor: string, otherwise: string): string => {
    return outputs.find((output) => output.tensor === tensor)?.name ?? otherwise
  }
  if (task.kind === 'regressor') return regressorSchema(view, task.value)
  if (task.kind === 'classifier') {
    const { label, probabilities, scores } = task
    const labelKey = label === undefined ? 'label' : keyOf(label, 'label')
    return objectOf({ [labelKey]: labelSchema(view), [keyOf(probabilities, scores)]: scoresSchema(view) })
  }
  if (task.kind === 'outlier') {
    return objectOf({ [keyOf(task.label, 'label')]: {}, [keyOf(task.score, 'score')]: NUMBER })
  }
  const names = outputs.map(({ name, fileName }) => name ?? fileName)
  return { type: 'object', description: `The outputs by name: ${names.join(', ')}` }
}

function regressorSchema({ signature, outputs }: ModelView, tensor: string): JsonSchema {
  const { shape } = signature.outputs.find(({ name }) => name === tensor)!
  const { name, columns } = outputs.find((output) => output.tensor === tensor)!
  const named = columns && objectOf(Object.fromEntries(columns.map((column) => [column, NUMBER])))
  const value = named ?? numbersSchema(shape[1] ?? 1)
  return name === undefined ? value : objectOf({ [name]: value })
}

/** @param width The number of columns. -1 if it is known only when the model is computed. */
function numbersSchema(width: number): JsonSchema {
  const several: JsonSchema = { type: 'array', items: NUMBER }
  if (width === -1) return { anyOf: [NUMBER, several] }
  return width === 1 ? NUMBER : several
}

function labelSchema({ labels, task }: ModelView): JsonSchema {
  if (labels.length === 0) return { type: ['string', 'integer'] }
  // Without an output of labels, the largest number decides. If the network computes NaN, the label is null.
  const isNullable = task.kind === 'classifier' && task.label === undefined
  return { enum: isNullable ? [...labels, null] : [...labels] }
}

/** No class is required, because `?top=` leaves classes out. */
function scoresSchema({ labels }: ModelView): JsonSchema {
  const byClass: JsonSchema = { type: 'object', additionalProperties: NUMBER }
  if (labels.length === 0) return { anyOf: [{ type: 'array', items: NUMBER }, byClass] }
  return {
    ...byClass,
    properties: Object.fromEntries(labels.map((label) => [String(label), NUMBER])),
    additionalProperties: false,
  }
}

/** @param isNullable Some columns of the tensor accept a missing value. */
function tensorSchema({ dataType, shape, freeNames }: TensorSpec, isNullable = false): JsonSchema {
  const types = [elementType(dataType)].flat()
  const element: JsonSchema = { type: isNullable ? [...types, 'null'] : elementType(dataType) }
  // The page makes an example from the schema. With a size, it would fill the example with that number of zeros.
  const isSmall = elementCount(shape.map((size) => Math.abs(size))) <= MAX_EXAMPLE_NUMBERS
  const nested = shape.reduceRight<JsonSchema>((items, size) => {
    return { type: 'array', items, ...(size !== -1 && isSmall && { minItems: size, maxItems: size }) }
  }, element)
  return { ...nested, description: `${dataType} ${formatShape(shape, freeNames)}` }
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
