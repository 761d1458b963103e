import { DATA_TYPES } from '../core/datatypes.ts'
import type { DataType } from '../core/datatypes.ts'
import type { Feature, ModelView } from '../core/model-view.ts'
import { elementCount } from '../core/tensor.ts'

const MAX_ELEMENTS = 250_000

/**
 * A body that `POST …/predict` accepts as it is: a record where the model has features, else its tensors,
 * with zeros and free dimensions of 1.
 *
 * @returns undefined where the tensors would be too large to read.
 */
export function exampleBody({ features, signature }: ModelView): unknown {
  if (features.length > 0) return Object.fromEntries(features.map((feature) => [feature.name, exampleValue(feature)]))
  const tensors = signature.inputs.map(({ name, dataType, shape }) => {
    const known = shape.map((dimension) => (dimension === -1 ? 1 : dimension))
    return { name, dataType, known, count: elementCount(known) }
  })
  if (tensors.some(({ count }) => count > MAX_ELEMENTS)) return undefined
  return { inputs: Object.fromEntries(tensors.map(({ name, dataType, known }) => [name, nest(known, dataType)])) }
}

export function exampleValue({ example, type }: Feature): number | boolean | string {
  return example ?? { number: 0, integer: 0, boolean: false, string: 'text' }[type]
}

function nest([length, ...inner]: readonly number[], dataType: DataType): unknown {
  if (length === undefined) return { float: 0, integer: 0, boolean: false, string: 'text' }[DATA_TYPES[dataType].kind]
  return Array.from({ length }, () => nest(inner, dataType))
}
