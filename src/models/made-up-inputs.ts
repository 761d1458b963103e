import { DATA_TYPES } from '../core/datatypes.ts'
import type { DataKind, DataType, TensorData } from '../core/datatypes.ts'
import { toFloat16Bits } from '../core/float16.ts'
import { daysOf, secondsOf } from '../core/dates.ts'
import type { Feature, ModelView } from '../core/model-view.ts'
import { elementCount } from '../core/tensor.ts'
import type { Tensors } from '../core/tensor.ts'

// The values of a column repeat after so many of its elements; see `write`.
const PERIOD = 14
// A file may declare any size, whatever it can compute.
const MAX_BYTES = 2 ** 26

/**
 * Inputs to try a model with: the examples of its features where it has some, else small numbers, which are valid
 * indices for most models that look something up; floats vary around these. Free dimensions other than the first are 1.
 *
 * @param seed Another one makes other numbers, where no example is given.
 * @throws Error where they would be too large to make up.
 */
export function makeInputs({ signature, features }: ModelView, rows: number, seed: number): Tensors {
  let left = MAX_BYTES
  const inputs = signature.inputs.map(({ name, dataType, shape }, input) => {
    const columns = features.filter((feature) => feature.input === input)
    const inner = shape.slice(1).map((size) => (size === -1 ? Math.max(1, columns.length) : size))
    const made = shape.length === 0 ? [] : [shape[0] === -1 ? rows : shape[0]!, ...inner]
    left -= elementCount(made) * bytesPerElement(dataType)
    if (left < 0)
      throw new Error(`those for input ${name}, [${made.join(',')}], would take more than ${MAX_BYTES / 2 ** 20} MB`)
    const data = DATA_TYPES[dataType].allocate(elementCount(made))
    const period = PERIOD * Math.max(1, columns.length)
    for (let index = 0; index < Math.min(period, data.length); index++) {
      const feature = columns[index % columns.length]
      write(data, index, seed, feature, DATA_TYPES[dataType].kind)
    }
    // A batch of pictures has millions of elements.
    for (let done = period; done < data.length; done *= 2) data.copyWithin(done, 0, done)
    return [name, { dataType, shape: made, data }] as const
  })
  return new Map(inputs)
}

/** Of a string, the reference to it. */
function bytesPerElement(dataType: DataType): number {
  const data = DATA_TYPES[dataType].allocate(0)
  return Array.isArray(data) ? 8 : data.BYTES_PER_ELEMENT
}

/** As it stands in the column; another bit makes another value, where one is likely to be as good. */
function exampleOf({ example, type, dataType, values, minimum = 0 }: Feature, bit: number): Feature['example'] {
  if (typeof example === 'string') {
    if (type === 'integer') return example
    const other = bit === 1 ? values?.find((value) => value !== example) : undefined
    const text = typeof other === 'string' && other !== '' ? other : example
    if (type === 'string' || dataType === 'string') return text
    return type === 'date' ? daysOf(example) : secondsOf(example)
  }
  if (typeof example === 'boolean') return bit === 1 ? !example : example
  const isWhole = DATA_TYPES[dataType].kind === 'integer' || type === 'integer'
  return isWhole && example !== undefined && example - bit >= minimum ? example - bit : example
}

/** Small integers, and floats that differ from element to element, since what is compared must not be alike by chance. */
function write(data: TensorData, index: number, seed: number, feature: Feature | undefined, kind: DataKind): void {
  const bit = (index + seed) % 2
  const base = (feature && exampleOf(feature, bit)) ?? bit
  if (Array.isArray(data)) data[index] = typeof base === 'string' ? base : `text ${bit}`
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    data[index] = BigInt(typeof base === 'number' ? Math.trunc(base) : base)
  else if (kind !== 'float' || feature?.type === 'integer') data[index] = Number(base)
  else {
    const number = Number(base) + (((index * 5 + seed * 3) % 7) / 16) * Math.max(1, Math.abs(Number(base)))
    data[index] = data instanceof Uint16Array ? toFloat16Bits(number) : number
  }
}
