import { DATA_TYPES } from '../../core/datatypes.ts'
import { fromFloat16Bits } from '../../core/float16.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { TensorSpec } from '../../core/signature.ts'
import type { Steps } from '../../core/steps.ts'
import type { Tensor } from '../../core/tensor.ts'
import { invalid } from '../../json/input-problems.ts'
import { labelJsonOf } from '../label-json.ts'
import { selectLargest } from '../predict/ranking.ts'
import type { Numbers } from '../predict/ranking.ts'

/**
 * Writes the likeliest classes of each row as strings `value:index`, or `value:index:label` if the labels are known. An
 * output with one number for each row has one class. Integers are written with all of their digits.
 *
 * @param classes The number of classes. If the output has fewer, all are written.
 * @param spec The output. Its axis 0 is the batch if it is free.
 * @returns BYTES of shape [rows, classes], or [classes] without a batch.
 * @see Triton, docs/protocol/extension_classification.md
 */
export function* classify(tensor: Tensor, classes: number, spec: TensorSpec, { labels }: ModelView): Steps<Tensor> {
  const { rows, size, hasRows } = layoutOf(tensor, spec)
  const isFloat = DATA_TYPES[tensor.dataType].kind === 'float'
  const texts: string[] = []
  for (let row = 0; row < rows; row++) {
    const values = valuesOf(tensor, row, size)
    for (const column of yield* selectLargest(values, classes)) {
      const label = labels.length === size ? `:${labels[column]}` : ''
      const value = values.at(column)
      texts.push(`${isFloat ? toFixedPoint(Number(value)) : value}:${column}${label}`)
      if (texts.length % STEP_TEXTS === 0) yield
    }
  }
  const count = Math.min(classes, size)
  return { dataType: 'string', shape: hasRows ? [rows, count] : [count], data: texts }
}

const STEP_TEXTS = 500

/**
 * Estimates the bytes of the classes.
 *
 * @throws ServingError INVALID_INPUT if the output has no classes.
 */
export function classBytes(tensor: Tensor, classes: number, spec: TensorSpec, view: ModelView): number {
  const { rows, size } = layoutOf(tensor, spec)
  return rows * Math.min(classes, size) * (CLASS_BYTES + String(size).length + labelJsonOf(view).maxLabelBytes)
}

// The bytes of a usual number with its quotes and comma.
const CLASS_BYTES = 24

function layoutOf({ dataType, shape }: Tensor, spec: TensorSpec): { rows: number; size: number; hasRows: boolean } {
  if (shape.length === 0 || shape.length > 2 || dataType === 'string') {
    throw invalid('outputs', 'classification is for outputs of numbers, [classes] or [rows, classes]')
  }
  const hasRows = shape.length === 2 || spec.shape[0] === -1
  const size = shape.length === 1 && hasRows ? 1 : shape.at(-1)!
  return { rows: hasRows ? shape[0]! : 1, size, hasRows }
}

function valuesOf({ dataType, data }: Tensor, row: number, size: number): Numbers {
  const numbers = data as ArrayLike<number | bigint>
  const from = row * size
  const at = (index: number): number | bigint => numbers[from + index]!
  return { length: size, at: dataType === 'float16' ? (index) => fromFloat16Bits(at(index) as number) : at }
}

/** Writes a number like `%f` of C: six decimals, no exponent, and halves rounded to the even digit. */
function toFixedPoint(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.000000'
  // JavaScript writes such a number with an exponent. A double of this size has no decimals.
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`
  // Only odd multiples of 2^-7 are exactly between two numbers of six decimals. JavaScript rounds them away from zero.
  const isHalf = Math.abs((value * 128) % 2) === 1
  const cut = isHalf ? value.toFixed(7).slice(0, -1) : ''
  return /[02468]$/.test(cut) ? cut : value.toFixed(6)
}
