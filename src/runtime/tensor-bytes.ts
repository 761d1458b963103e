import { DATA_TYPES } from '../core/datatypes.ts'
import type { DataType } from '../core/datatypes.ts'
import type { Tensor, Tensors } from '../core/tensor.ts'
import { typedView } from '../core/typed-view.ts'
import { aligned } from './frames.ts'

/** A tensor but for its bytes; strings stand in the head itself. */
export type TensorHead = readonly [
  name: string,
  dataType: DataType,
  shape: readonly number[],
  data: number | readonly string[],
]

/** @param parts The tensors' bytes are appended; they are views. */
export function toHeads(tensors: Tensors, parts: Uint8Array[]): TensorHead[] {
  return Array.from(tensors, ([name, { dataType, shape, data }]): TensorHead => {
    if (Array.isArray(data)) return [name, dataType, shape, data]
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return [name, dataType, shape, data.byteLength]
  })
}

/**
 * Reads tensors one behind the other.
 *
 * @returns The tensors, as views of `bytes` where these stand at a fitting address, and how many bytes they take.
 */
export function fromHeads(heads: readonly TensorHead[], bytes: Uint8Array): { tensors: Tensors; length: number } {
  const tensors = new Map<string, Tensor>()
  let at = 0
  for (const [name, dataType, shape, data] of heads) {
    if (typeof data !== 'number') tensors.set(name, { dataType, shape, data: [...data] })
    else {
      // An empty array of its own has no address. A kernel that reads from it ends its worker, and cannot answer foreign memory.
      const values = data === 0 ? DATA_TYPES[dataType].allocate(0) : typedView(dataType, bytes.subarray(at, at + data))
      tensors.set(name, { dataType, shape, data: values })
      at += aligned(data)
    }
  }
  return { tensors, length: at }
}
