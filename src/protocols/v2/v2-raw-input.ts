import type { DataType } from '../../core/datatypes.ts'
import type { ModelView } from '../../core/model-view.ts'
import { formatShape } from '../../core/signature.ts'
import type { TensorSpec } from '../../core/signature.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { invalid } from '../../json/input-problems.ts'
import { fixedElementBytes, fromBytes } from './v2-binary-data.ts'
import { checkMaxRows } from './v2-inputs.ts'

// A raw request has no JSON, only the bytes of one input. All outputs are answered as bytes.
// @see Triton, docs/protocol/extension_binary_data.md, "Raw Binary Request"

/**
 * Reads a body without JSON. One dimension of the input may be free; the number of bytes gives its size.
 *
 * @throws ServingError INVALID_INPUT if the model has several inputs, or the bytes do not fit its shape.
 */
export function decodeRawInput(bytes: Buffer, model: ModelView): Tensors {
  const [spec, second] = model.signature.inputs
  if (!spec || second) throw invalid('', 'a raw request is for models of one input; describe several in JSON')
  const tensor = spec.dataType === 'string' ? rawString(bytes, spec) : rawNumbers(bytes, spec, spec.dataType)
  checkMaxRows(tensor.shape, spec, spec.name, model)
  return new Map([[spec.name, tensor]])
}

/** Makes one string of all bytes. */
function rawString(bytes: Buffer, { name, shape }: TensorSpec): Tensor {
  const sizes = shape.map((size) => (size === -1 ? 1 : size))
  if (elementCount(sizes) !== 1) throw invalid(name, 'a raw request carries one string')
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return fromBytes(Buffer.concat([length, bytes]), { dataType: 'string', shape: sizes, path: name })
}

function rawNumbers(bytes: Buffer, spec: TensorSpec, dataType: Exclude<DataType, 'string'>): Tensor {
  return fromBytes(bytes, { dataType, shape: rawShape(bytes, spec, fixedElementBytes(dataType)), path: spec.name })
}

function rawShape(bytes: Buffer, { name, shape, freeNames }: TensorSpec, bytesPerNumber: number): number[] {
  const declared = formatShape(shape, freeNames)
  const free = shape.filter((size) => size === -1).length
  if (free > 1) throw invalid(name, `a raw request cannot tell the shape ${declared}: describe it in JSON`)
  // The free dimension has this many bytes for each of its elements.
  const known = elementCount(shape.map((size) => (size === -1 ? 1 : size))) * bytesPerNumber
  if (free === 1 && (known === 0 || bytes.length % known !== 0)) {
    throw invalid(name, `shape ${declared} takes a multiple of ${known} bytes, got ${bytes.length}`)
  }
  return shape.map((size) => (size === -1 ? bytes.length / known : size))
}
