import { DATA_TYPES } from '../core/datatypes.ts'
import type { TensorData } from '../core/datatypes.ts'
import { toFloat16Bits } from '../core/float16.ts'
import type { Feature, ModelView } from '../core/model-view.ts'
import { elementCount } from '../core/tensor.ts'
import type { Tensors } from '../core/tensor.ts'

/**
 * Inputs to try a model with: the examples of its features where it has some, else small numbers, which are valid
 * indices for most models that look something up. Free dimensions other than the first are 1.
 *
 * @param seed Another one makes other numbers, where no example is given.
 */
export function makeInputs({ signature, features }: ModelView, rows: number, seed: number): Tensors {
  const inputs = signature.inputs.map(({ name, dataType, shape }, input) => {
    const columns = features.filter((feature) => feature.input === input)
    const inner = shape.slice(1).map((size) => (size === -1 ? Math.max(1, columns.length) : size))
    const made = shape.length === 0 ? [] : [shape[0] === -1 ? rows : shape[0]!, ...inner]
    const data = DATA_TYPES[dataType].allocate(elementCount(made))
    for (let index = 0; index < data.length; index++) {
      const feature = columns[index % columns.length]
      write(data, index, (index + seed) % 2, feature?.example, dataType === 'float16')
    }
    return [name, { dataType, shape: made, data }] as const
  })
  return new Map(inputs)
}

function write(data: TensorData, index: number, bit: number, example: Feature['example'], isFloat16: boolean): void {
  const value = example ?? bit
  if (Array.isArray(data)) data[index] = typeof value === 'string' ? value : `text ${bit}`
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = BigInt(value)
  else data[index] = isFloat16 ? toFloat16Bits(Number(value)) : Number(value)
}
