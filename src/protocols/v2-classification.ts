import { fromFloat16Bits } from '../core/float16.ts'
import type { ModelView } from '../core/model-view.ts'
import type { Tensor } from '../core/tensor.ts'
import { invalid } from './problems.ts'

/**
 * The likeliest classes of each row as strings: `value:index`, and `:label` where labels are known.
 *
 * @param classes How many; at most those there are.
 * @returns BYTES of shape [rows, classes], or [classes] without a batch.
 * @see Triton, docs/protocol/extension_classification.md
 */
export function classify({ dataType, shape, data }: Tensor, classes: number, { labels }: ModelView): Tensor {
  const size = shape.at(-1)
  if (size === undefined || shape.length > 2 || dataType === 'string') {
    throw invalid('outputs', 'classification is for outputs of numbers, [classes] or [rows, classes]')
  }
  const rows = shape.length === 2 ? shape[0]! : 1
  const count = Math.min(classes, size)
  const valueAt = (index: number): number =>
    dataType === 'float16' ? fromFloat16Bits(Number(data[index])) : Number(data[index])
  const texts: string[] = []
  for (let row = 0; row < rows; row++) {
    const columns = Array.from({ length: size }, (_, column) => column)
    const sorted = columns.toSorted((a, b) => valueAt(row * size + b) - valueAt(row * size + a) || a - b)
    for (const column of sorted.slice(0, count)) {
      const label = labels.length === size ? `:${labels[column]}` : ''
      texts.push(`${valueAt(row * size + column).toFixed(6)}:${column}${label}`)
    }
  }
  return { dataType: 'string', shape: shape.length === 2 ? [rows, count] : [count], data: texts }
}
