import { DATA_TYPES } from '../core/datatypes.ts'
import { fromFloat16Bits } from '../core/float16.ts'
import type { ModelView } from '../core/model-view.ts'
import type { TensorSpec } from '../core/signature.ts'
import type { Tensor } from '../core/tensor.ts'
import { invalid } from './problems.ts'

/**
 * The likeliest classes of each row as strings: `value:index`, and `:label` where labels are known. An output of one
 * number a row has one class. Integers are written as integers, every digit of them.
 *
 * @param classes How many; at most those there are.
 * @param spec Tells whether axis 0 is the batch: it is where it is free.
 * @returns BYTES of shape [rows, classes], or [classes] without a batch.
 * @see Triton, docs/protocol/extension_classification.md
 */
export function classify(
  { dataType, shape, data }: Tensor,
  classes: number,
  spec: TensorSpec,
  { labels }: ModelView,
): Tensor {
  if (shape.length === 0 || shape.length > 2 || dataType === 'string') {
    throw invalid('outputs', 'classification is for outputs of numbers, [classes] or [rows, classes]')
  }
  const hasRows = shape.length === 2 || spec.shape[0] === -1
  const rows = hasRows ? shape[0]! : 1
  const size = shape.length === 1 && hasRows ? 1 : shape.at(-1)!
  const count = Math.min(classes, size)
  const isFloat = DATA_TYPES[dataType].kind === 'float'
  const texts: string[] = []
  for (let row = 0; row < rows; row++) {
    const values = Array.from({ length: size }, (_, column) => {
      const value = data[row * size + column] as number | bigint
      return dataType === 'float16' ? fromFloat16Bits(Number(value)) : value
    })
    for (const column of likeliest(values).slice(0, count)) {
      const label = labels.length === size ? `:${labels[column]}` : ''
      texts.push(`${isFloat ? toFixedPoint(Number(values[column])) : values[column]}:${column}${label}`)
    }
  }
  return { dataType: 'string', shape: hasRows ? [rows, count] : [count], data: texts }
}

/** Indexes, the largest value first, and of equal ones the first; NaN comes last. */
function likeliest(values: readonly (number | bigint)[]): number[] {
  const rank = (column: number): number | bigint => (Number.isNaN(values[column]) ? -Infinity : values[column]!)
  const columns = Array.from(values, (_, column) => column)
  return columns.toSorted((a, b) => (rank(a) === rank(b) ? a - b : rank(b) > rank(a) ? 1 : -1))
}

/** A number as `%f` of C writes it: six decimals, no exponent, halves to the even digit. */
function toFixedPoint(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.000000'
  // From here on JavaScript writes an exponent, and no double has decimals.
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`
  // Only odd multiples of 2^-7 lie just between two numbers of six decimals; JavaScript rounds them away from zero.
  const isHalf = Math.abs((value * 128) % 2) === 1
  const cut = isHalf ? value.toFixed(7).slice(0, -1) : ''
  return /[02468]$/.test(cut) ? cut : value.toFixed(6)
}
