import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType, TensorData } from '../../core/datatypes.ts'
import { toFloat16Bits } from '../../core/float16.ts'
import { daysOf, secondsOf } from '../../core/dates.ts'
import type { Feature } from '../../core/feature.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Fill } from '../../core/sample-recipe.ts'
import { hasBatchAxis } from '../../core/signature.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { FILLS } from './fills.ts'
import { toShapes } from './free-axes.ts'

// The values of a column repeat after so many of its elements; see `write`.
const PERIOD = 14
// A file may declare any size, whatever it can compute.
const MAX_BYTES = 2 ** 26

/**
 * Inputs to try a model with: the examples of its features where it has some, else small numbers. Shapes and numbers are
 * those of `view.sample`, which the model was seen to compute; without it free dimensions other than the first are 1,
 * and the numbers are 0 and 1, which are valid indices for most models that look something up.
 *
 * @param seed Another one makes other numbers, where no example is given.
 * @throws Error where they would be too large to make up.
 */
export function buildSampleInputs(view: ModelView, rows: number, seed: number): Tensors {
  const shapes = shapesOf(view, rows)
  let left = MAX_BYTES
  const inputs = view.signature.inputs.map(({ name, dataType }, input) => {
    const shape = shapes[input]!
    left -= elementCount(shape) * bytesPerElement(dataType)
    if (left < 0)
      throw new Error(`those for input ${name}, [${shape.join(',')}], would take more than ${MAX_BYTES / 2 ** 20} MB`)
    const columns = view.features.filter((feature) => feature.input === input)
    return [name, makeTensor(dataType, shape, columns, view.sample?.fill ?? 'varied', seed)] as const
  })
  return new Map(inputs)
}

function shapesOf(view: ModelView, rows: number): (readonly number[])[] {
  const { signature, sample } = view
  const isBatch = hasBatchAxis(signature)
  return (sample?.shapes ?? toShapes(view, () => 1)).map((shape, input) => {
    const hasRows = signature.inputs[input]!.shape[0] === -1 && (isBatch || !sample)
    return hasRows ? [rows, ...shape.slice(1)] : shape
  })
}

function makeTensor(
  dataType: DataType,
  shape: readonly number[],
  columns: readonly Feature[],
  fill: Fill,
  seed: number,
): Tensor {
  const data = DATA_TYPES[dataType].allocate(elementCount(shape))
  const period = PERIOD * Math.max(1, columns.length)
  const isScalar = data.length === 1 && columns.length === 0
  for (let index = 0; index < Math.min(period, data.length); index++) {
    const feature = columns[index % columns.length]
    write(data, index, {
      dataType,
      feature,
      fill,
      bit: (index + seed) % 2,
      noise: (index * 5 + seed * 3) % 7,
      isScalar,
    })
  }
  // A batch of pictures has millions of elements.
  for (let done = period; done < data.length; done *= 2) data.copyWithin(done, 0, done)
  return { dataType, shape, data }
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

interface Cell {
  readonly dataType: DataType
  readonly feature: Feature | undefined
  readonly fill: Fill
  /** 0 or 1, by element and seed. */
  readonly bit: number
  /** From 0 to 6, by element and seed. */
  readonly noise: number
  readonly isScalar: boolean
}

/** Small integers, and floats that differ from element to element, since what is compared must not be alike by chance. */
function write(data: TensorData, index: number, cell: Cell): void {
  const { dataType, feature, bit } = cell
  const { isVaried, number, scalar } = FILLS[cell.fill]
  const { kind } = DATA_TYPES[dataType]
  const ownNumber = kind === 'integer' && cell.isScalar ? scalar : undefined
  const base = (feature && exampleOf(feature, isVaried ? bit : 0)) ?? ownNumber ?? number(index, bit)
  if (Array.isArray(data)) data[index] = typeof base === 'string' ? base : isVaried ? `text ${bit}` : String(base)
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    data[index] = BigInt(typeof base === 'number' ? Math.trunc(base) : base)
  else if (kind === 'boolean') data[index] = Number(base) === 0 ? 0 : 1
  else if (kind !== 'float') data[index] = Number(base)
  else {
    const isExact = !isVaried || feature?.type === 'integer'
    const value = Number(base) + (isExact ? 0 : (cell.noise / 16) * Math.max(1, Math.abs(Number(base))))
    data[index] = dataType === 'float16' ? toFloat16Bits(value) : value
  }
}
