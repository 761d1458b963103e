import { DATA_TYPES } from '../core/datatypes.ts'
import type { DataType } from '../core/datatypes.ts'
import type { Tensor, Tensors } from '../core/tensor.ts'
import { typedView } from '../core/typed-view.ts'
import { aligned } from './frames.ts'

/** A tensor without its bytes. Strings are in the head itself. */
export type TensorHead = readonly [
  name: string,
  dataType: DataType,
  shape: readonly number[],
  data: number | readonly string[],
]

/** @param parts The bytes of the tensors are appended to it, as views. */
export function toHeads(tensors: Tensors, parts: Uint8Array[]): TensorHead[] {
  return Array.from(tensors, ([name, { dataType, shape, data }]): TensorHead => {
    if (Array.isArray(data)) return [name, dataType, shape, data]
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return [name, dataType, shape, data.byteLength]
  })
}

/**
 * Reads tensors that follow each other.
 *
 * @returns The tensors, and the number of bytes that they take. A tensor is a view of `bytes` if its address is aligned.
 */
export function fromHeads(heads: readonly TensorHead[], bytes: Uint8Array): { tensors: Tensors; length: number } {
  const tensors = new Map<string, Tensor>()
  let at = 0
  for (const [name, dataType, shape, data] of heads) {
    if (typeof data !== 'number') tensors.set(name, { dataType, shape, data: [...data] })
    else {
      // An empty array that is no view has no address. A kernel that reads from it ends its worker. From a view, it would
      // read and answer memory of others.
      const values = data === 0 ? DATA_TYPES[dataType].allocate(0) : typedView(dataType, bytes.subarray(at, at + data))
      tensors.set(name, { dataType, shape, data: values })
      at += aligned(data)
    }
  }
  return { tensors, length: at }
}
