import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataType, TensorData } from '../../core/datatypes.ts'
import type { Feature } from '../../core/feature.ts'
import { toFloat16Bits } from '../../core/float16.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Fill } from '../../core/sample-recipe.ts'
import { hasBatchAxis } from '../../core/signature.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { FILLS } from './fills.ts'
import { toShapes } from './free-axes.ts'
import { sampleValueOf } from './sample-values.ts'

// The values of a column repeat after this number of elements. It is a multiple of 2 and 7, the periods of a cell.
const REPEAT_AFTER = 14
// A file may declare any size, even if no machine can compute it.
const MAX_BYTES = 2 ** 26

/**
 * Builds inputs for trying a model: the examples of its features if it has any, or else small numbers. Shapes and numbers
 * follow `view.sample`. Without it, free dimensions other than the first are 1. The numbers are then 0 and 1, because
 * these are valid indices for most models that look something up.
 *
 * @param seed Another seed makes other numbers, except for features with an example.
 * @throws Error if the inputs would take more than 64 MB.
 */
export function buildSampleInputs(view: ModelView, rows: number, seed: number): Tensors {
  const shapes = shapesOf(view, rows)
  let left = MAX_BYTES
  const inputs = view.signature.inputs.map(({ name, dataType }, input) => {
    const shape = shapes[input]!
    left -= elementCount(shape) * elementBytes(dataType)
    if (left < 0)
      throw new Error(`those for input ${name}, [${shape.join(',')}], would take more than ${MAX_BYTES / 2 ** 20} MB`)
    const columns = view.features.filter((feature) => feature.input === input)
    return [name, buildTensor({ dataType, shape, columns, fill: view.sample?.fill ?? 'varied', seed })] as const
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

interface TensorPlan {
  readonly dataType: DataType
  readonly shape: readonly number[]
  readonly columns: readonly Feature[]
  readonly fill: Fill
  readonly seed: number
}

function buildTensor({ dataType, shape, columns, fill, seed }: TensorPlan): Tensor {
  const data = DATA_TYPES[dataType].allocate(elementCount(shape))
  const period = REPEAT_AFTER * Math.max(1, columns.length)
  const isScalar = data.length === 1 && columns.length === 0
  for (let index = 0; index < Math.min(period, data.length); index++) {
    const feature = columns[index % columns.length]
    const parity = (index + seed) % 2
    setElement(data, index, { dataType, feature, fill, parity, noise: (index * 5 + seed * 3) % 7, isScalar })
  }
  // A batch of pictures has millions of elements, so the rest is copied.
  for (let done = period; done < data.length; done *= 2) data.copyWithin(done, 0, done)
  return { dataType, shape, data }
}

/** Bytes of an element in memory. A string counts as the reference to it. */
function elementBytes(dataType: DataType): number {
  const data = DATA_TYPES[dataType].allocate(0)
  return Array.isArray(data) ? 8 : data.BYTES_PER_ELEMENT
}

interface Cell {
  readonly dataType: DataType
  readonly feature: Feature | undefined
  readonly fill: Fill
  /** 0 or 1, by element and seed. */
  readonly parity: number
  /** From 0 to 6, by element and seed. */
  readonly noise: number
  /** True if the tensor is one number that is no feature. */
  readonly isScalar: boolean
}

type CellValue = number | boolean | string

function setElement(data: TensorData, index: number, cell: Cell): void {
  const value = valueOf(index, cell)
  if (Array.isArray(data)) data[index] = toText(value, cell)
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    data[index] = BigInt(typeof value === 'number' ? Math.trunc(value) : value)
  } else data[index] = toElement(Number(value), cell)
}

function valueOf(index: number, { dataType, feature, fill, parity, isScalar }: Cell): CellValue {
  const { isVaried, number, scalar } = FILLS[fill]
  const own = feature && sampleValueOf(feature, isVaried ? parity : 0)
  if (own !== undefined) return own
  const isLoneInteger = isScalar && DATA_TYPES[dataType].kind === 'integer'
  return (isLoneInteger ? scalar : undefined) ?? number(index, parity)
}

function toText(value: CellValue, { fill, parity }: Cell): string {
  if (typeof value === 'string') return value
  return FILLS[fill].isVaried ? `text ${parity}` : String(value)
}

/** Floats differ from element to element. Equal numbers would hide a difference between two answers. */
function toElement(value: number, { dataType, feature, fill, noise }: Cell): number {
  const { kind } = DATA_TYPES[dataType]
  if (kind === 'boolean') return value === 0 ? 0 : 1
  if (kind !== 'float') return value
  const isExact = !FILLS[fill].isVaried || feature?.type === 'integer'
  const float = isExact ? value : value + (noise / 16) * Math.max(1, Math.abs(value))
  return dataType === 'float16' ? toFloat16Bits(float) : float
}
