import { DATA_TYPES } from '../../core/datatypes.ts'
import type { Feature } from '../../core/feature.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { Reading } from '../reading.ts'
import { featureWriter } from '../tensors/elements.ts'
import { writeMissing } from './missing.ts'

/** The input tensors of a tabular model while they are filled. Each input has the shape [rows, columns]. */
export interface Table {
  /**
   * Checks a value and writes it. Null is a missing value.
   *
   * @returns The problem with the value, if it has one.
   */
  write(feature: Feature, row: number, value: unknown): string | undefined
  /**
   * The data of the only input, row after row in column order. Callers may write numbers into it without a check by
   * `write`. Undefined if the model has several inputs, if the input does not hold floats, or if not every feature is a
   * number.
   */
  readonly numbers: Float32Array | Float64Array | undefined
  /** Returns the tensors, by the name of the input. They own their data. */
  toInputs(): Tensors
}

export function createTable({ model, textLength }: Pick<Reading, 'model' | 'textLength'>, rows: number): Table {
  const { features } = model
  const { inputs } = model.signature
  // If the number of columns is free, the input holds all features.
  const widths = inputs.map(({ shape }) => (shape[1] === -1 ? features.length : shape[1]!))
  const data = inputs.map(({ dataType }, input) =>
    DATA_TYPES[dataType].allocate(Math.min(rows * widths[input]!, textLength)),
  )
  const [only] = data
  const isPlain = data.length === 1 && widths[0] === features.length && features.every(({ type }) => type === 'number')
  return {
    numbers: isPlain && (only instanceof Float32Array || only instanceof Float64Array) ? only : undefined,
    write(feature, row, value) {
      const { type, dataType, input, column } = feature
      const index = row * widths[input]! + column
      if (value === null) return writeMissing(feature, data[input]!, index)
      return featureWriter(type, dataType)(data[input]!, index, value)
    },
    toInputs() {
      const tensors = inputs.map(({ name, dataType }, input) => {
        return [name, { dataType, shape: [rows, widths[input]!], data: data[input]! }] as const
      })
      return new Map(tensors)
    },
  }
}
