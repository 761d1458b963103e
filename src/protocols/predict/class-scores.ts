import { activate, readRow } from '../../core/activation.ts'
import { maxNumberBytes } from '../../core/json-size.ts'
import type { Activation } from '../../core/activation.ts'
import type { ModelView } from '../../core/model-view.ts'
import { doSteps } from '../../core/steps.ts'
import type { Tensor } from '../../core/tensor.ts'
import { labelJsonOf } from '../label-json.ts'
import { elementJson } from '../tensors/element-json.ts'
import { selectLargest } from './ranking.ts'
import { tensorValues } from './row-values.ts'
import type { Values } from './row-values.ts'

/** The numbers of the classes, row by row. */
export interface ClassScores {
  readonly rows: number
  /** The count of classes. */
  readonly width: number
  readonly dataType: Tensor['dataType']
  /** Returns the numbers of one row, of shape [1, width]. */
  readonly of: (row: number) => Tensor
  /** All numbers, by label where the labels are known. */
  readonly values: Values
}

/**
 * Makes the numbers that a classifier answers from its output.
 *
 * @param raw Numbers of shape [rows, width] or [rows].
 * @param activation Applied to a row when the row is written, since all rows together may take long.
 */
export function toScores(raw: Tensor, activation: Activation | undefined, model: ModelView): ClassScores {
  const [rows = 0, rawWidth = 1] = raw.shape
  const own = (row: number): Tensor => rowTensor(raw, row, rawWidth)
  const isPlain = !activation || rows === 0
  const first = isPlain ? { ...raw, shape: [rows, rawWidth] } : activate(own(0), activation.name, model.labels.length)
  const width = first.shape[1]!
  const { dataType } = first
  const keys = model.labels.length === width ? labelJsonOf(model).keys : undefined
  if (isPlain) return { rows, width, dataType, of: own, values: tensorValues(raw, [width], model, keys) }
  const of = keepLast((row) => activate(own(row), activation.name, model.labels.length))
  const values: Values = {
    shape: [width],
    keys,
    text: (row: number, index: number) => elementJson(of(row), index, model),
    maxBytes: rows * width * maxNumberBytes(dataType),
  }
  return { rows, width, dataType, of, values }
}

/** The largest numbers of each row as members of an object, the largest first. */
export function largestValues({ rows, width, of, dataType }: ClassScores, count: number, model: ModelView): Values {
  const shown = Math.min(count, width)
  const isNamed = model.labels.length === width
  const { keys, maxLabelBytes } = labelJsonOf(model)
  const keyOf = (column: number): string => (isNamed ? keys.texts[column]! : `"${column}":`)
  const selectedOf = keepLast((row) => {
    const numbers = readRow(of(row), 0, width)
    return doSteps(selectLargest({ length: width, at: (column) => numbers[column]! }, shown))
  })
  const keyBytes = isNamed ? maxLabelBytes : String(width).length + 3
  return {
    shape: [shown],
    keys: 'own',
    text(row, index) {
      const column = selectedOf(row)[index]!
      return keyOf(column) + elementJson(of(row), column, model)
    },
    maxBytes: rows * shown * (keyBytes + maxNumberBytes(dataType)),
  }
}

function rowTensor({ dataType, data }: Tensor, row: number, width: number): Tensor {
  return { dataType, shape: [1, width], data: data.slice(row * width, (row + 1) * width) }
}

/** Keeps the last result: rows are written one after the other, and each is asked for several times. */
function keepLast<T>(make: (row: number) => T): (row: number) => T {
  let last: { readonly row: number; readonly made: T } | undefined
  return (row) => {
    if (last?.row !== row) last = { row, made: make(row) }
    return last.made
  }
}
