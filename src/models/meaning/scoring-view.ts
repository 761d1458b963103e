import { elementCount } from '../../core/tensor.ts'
import type { ModelView } from '../../core/model-view.ts'
import { isRowByRow } from '../../core/signature.ts'
import type { Batching } from '../tuning/batching.ts'
import type { ModelJson } from '../files/model-json.ts'

// SageMaker counts the size of a body in whole mebibytes, and so may fill one.
const SMALLEST_PAYLOAD = 2 ** 20

/** Most rows in one run of a request that may be cut; undefined where it may not. */
export function maxRunRowsOf(view: ModelView, batching: Batching, asked: ModelJson['batching']): number | undefined {
  if (isRowByRow(view.signature)) return 1
  if (!batching.isIndependent) return undefined
  const most = typeof asked === 'object' ? (asked.maxBatchSize ?? 1) : 1
  // 1 has requests run singly, and says nothing of their rows.
  return most > 1 ? Math.min(most, view.maxRows) : view.maxRows
}

/** The fewest bytes that a row takes, in the shortest form that any client sends: CSV with empty cells, or arrays. */
export function minRowBytes({ features, signature }: ModelView): number {
  if (features.length > 0) return features.length
  const elements = signature.inputs.map(({ shape }) => elementCount(shape.slice(1).map((size) => Math.max(0, size))))
  return 2 * Math.max(1, ...elements)
}

/**
 * What a scoring server takes of a model: as many rows as the smallest payload of SageMaker's batches may hold, which
 * are cut into runs.
 */
export function toScoringView(view: ModelView): ModelView {
  return { ...view, maxRows: Math.max(view.maxRows, Math.ceil(SMALLEST_PAYLOAD / minRowBytes(view))) }
}
