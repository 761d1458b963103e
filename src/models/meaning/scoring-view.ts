import type { ModelView } from '../../core/model-view.ts'
import { elementCount } from '../../core/tensor.ts'

// SageMaker counts the size of a body in whole mebibytes, so a body may fill one.
const SMALLEST_PAYLOAD = 2 ** 20

/** The fewest bytes of a row in any form that a client sends: CSV with empty cells, or arrays. */
export function minRowBytes({ features, signature }: ModelView): number {
  if (features.length > 0) return features.length
  const elements = signature.inputs.map(({ shape }) => elementCount(shape.slice(1).map((size) => Math.max(0, size))))
  return 2 * Math.max(1, ...elements)
}

/**
 * The view of a model for scoring servers. It allows as many rows as fit into the smallest payload of a batch of
 * SageMaker. Such a request is cut into runs.
 */
export function toScoringView(view: ModelView): ModelView {
  return { ...view, maxRows: Math.max(view.maxRows, Math.ceil(SMALLEST_PAYLOAD / minRowBytes(view))) }
}
