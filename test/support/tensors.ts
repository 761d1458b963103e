import fc from 'fast-check'
import { DATA_TYPES } from '../../src/core/datatypes.ts'
import type { DataType } from '../../src/core/datatypes.ts'
import { elementCount } from '../../src/core/tensor.ts'
import type { Tensor } from '../../src/core/tensor.ts'

const TYPES = Object.keys(DATA_TYPES) as DataType[]

/** A tensor of any datatype and shape, zero-size included. */
export const anyTensor = fc
  .tuple(
    fc.constantFrom(...TYPES),
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    fc.infiniteStream(fc.integer()),
  )
  .map(([dataType, shape, stream]): Tensor => {
    const data = DATA_TYPES[dataType].allocate(elementCount(shape))
    for (let index = 0; index < data.length; index++) {
      const value = stream.next().value as number
      if (Array.isArray(data)) data[index] = `é${value}😀`
      else if (data instanceof BigInt64Array || data instanceof BigUint64Array)
        data[index] = BigInt(value) * 4_000_000_007n
      else
        data[index] =
          dataType === 'bool'
            ? value & 1
            : dataType === 'float16'
              ? value & 0x3bff
              : value / (data instanceof Float32Array ? 7 : 1)
    }
    return { dataType, shape, data }
  })
