import { DATA_TYPES } from '../../core/datatypes.ts'
import type { TensorData } from '../../core/datatypes.ts'
import type { NanPolicy } from '../../core/nan-policy.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor } from '../../core/tensor.ts'
import { bareNumber } from '../../json/bare-tokens.ts'
import { show } from '../../json/error-texts.ts'
import { invalid } from '../../json/input-problems.ts'
import { ELEMENT_WRITERS } from '../tensors/elements.ts'
import type { ElementWriter } from '../tensors/elements.ts'
import { countProblem } from './v2-tensors.ts'
import type { TensorHead } from './v2-tensors.ts'

// The member "data" of a tensor in a JSON request.

// The shape defines the axes, so clients may nest the data in any way. This bounds the recursion.
const MAX_DEPTH = 100

/**
 * Reads the member `data` of an input.
 *
 * @param data Elements in row-major order, flat or nested in any way.
 * @param jsonNan The form of NaN and the infinities in answers. Float inputs accept them in the same form.
 * @returns A tensor that owns its data.
 * @throws ServingError INVALID_INPUT with the path of the element.
 */
export function fromJson(data: unknown, { dataType, shape, path }: TensorHead, jsonNan: NanPolicy = 'null'): Tensor {
  const dataPath = `${path}.data`
  if (!Array.isArray(data)) throw invalid(dataPath, `expected an array, got ${show(data)}`)
  if (dataType === 'float16') throw invalid(dataPath, 'FP16 has no form in JSON: send it as binary data')
  // The count is checked before memory is allocated, because a shape may claim any number of elements.
  const elements = flatElements(data, shape, dataPath)
  const target = DATA_TYPES[dataType].allocate(elements.length)
  if (!isFloats(target) || !writeFiniteNumbers(elements, target)) {
    writeElements(elements, target, writerFor(target, ELEMENT_WRITERS[dataType], jsonNan), dataPath)
  }
  return { dataType, shape, data: target }
}

/** @returns As many elements as the shape takes. */
function flatElements(data: readonly unknown[], shape: readonly number[], path: string): readonly unknown[] {
  const count = elementCount(shape)
  const elements = Array.isArray(data[0]) ? flattenNested(data, path, count) : data
  if (elements.length !== count) throw invalid(path, countProblem(shape, elements.length))
  return elements
}

/** Returns the elements in order, but at most one more than expected. */
function flattenNested(data: readonly unknown[], path: string, count: number): unknown[] {
  const elements: unknown[] = []
  const visit = (values: readonly unknown[], depth: number): void => {
    if (depth > MAX_DEPTH) throw invalid(path, `expected at most ${MAX_DEPTH} nested arrays`)
    for (const value of values) {
      if (Array.isArray(value)) visit(value, depth + 1)
      else elements.push(value)
      if (elements.length > count) return
    }
  }
  visit(data, 1)
  return elements
}

function isFloats(target: TensorData): target is Float32Array | Float64Array {
  return target instanceof Float32Array || target instanceof Float64Array
}

/** Writes numbers in a fast loop. Returns false at the first element that needs the general writer. */
function writeFiniteNumbers(elements: readonly unknown[], target: Float32Array | Float64Array): boolean {
  for (let index = 0; index < target.length; index++) {
    const value = elements[index]
    if (typeof value !== 'number') return false
    target[index] = value
    if (!Number.isFinite(target[index])) return false
  }
  return true
}

function writeElements(elements: readonly unknown[], target: TensorData, write: ElementWriter, path: string): void {
  for (let index = 0; index < elements.length; index++) {
    const problem = write(target, index, elements[index])
    if (problem) throw invalid(`${path}[${index}]`, problem)
  }
}

/** Extends a writer by NaN and the infinities. A datatype without them refuses a bare token by its name. */
function writerFor(target: TensorData, write: ElementWriter, jsonNan: NanPolicy): ElementWriter {
  return (data, index, value) => {
    const special = toNonFinite(value, jsonNan)
    if (special === undefined || !isFloats(target)) {
      return write(data, index, jsonNan === 'bare' ? (special ?? value) : value)
    }
    target[index] = special
    return undefined
  }
}

const NON_FINITE: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity'])

/** Returns NaN or an infinity if a JSON value stands for it. Null stands for NaN alone. */
function toNonFinite(value: unknown, jsonNan: NanPolicy): number | undefined {
  if (typeof value === 'number') return undefined
  if (jsonNan === 'null') return value === null ? Number.NaN : undefined
  if (jsonNan === 'bare') return bareNumber(value)
  return NON_FINITE.has(value) ? Number(value) : undefined
}
