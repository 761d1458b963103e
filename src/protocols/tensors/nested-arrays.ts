import { DATA_TYPES } from '../../core/datatypes.ts'
import type { TensorData } from '../../core/datatypes.ts'
import { shapeProblem } from '../../core/signature.ts'
import type { TensorSpec } from '../../core/signature.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor } from '../../core/tensor.ts'
import { ELEMENT_WRITERS } from './elements.ts'
import type { ElementWriter } from './elements.ts'
import { show } from '../../json/error-texts.ts'
import type { InputProblems } from '../../json/input-problems.ts'
import type { Reading } from '../reading.ts'

// No runtime computes tensors with more dimensions. The limit also bounds the recursion.
const MAX_RANK = 32

/** The input that a value is for, and the place of the value in the request. */
interface TensorPlace {
  readonly spec: TensorSpec
  readonly path: string
  /** Writes a missing value of a table. Without it, null is a problem. */
  readonly writeNull?: NullWriter | undefined
}

/**
 * Turns nested arrays into a tensor of the input's datatype. The nesting is the shape.
 *
 * @returns The tensor, which owns its data; undefined if there are problems.
 */
export function decodeNested(
  value: unknown,
  { spec, path, writeNull }: TensorPlace,
  { textLength, problems }: Reading,
): Tensor | undefined {
  const shape = nestingOf(value, spec)
  const problem = shapeProblem(spec, shape)
  if (shape.length > MAX_RANK) problems.add(path, `expected at most ${MAX_RANK} nested arrays`)
  else if (problem) problems.add(path, problem)
  else {
    // If the first row is longer than the others, the guess of the shape is too large for the body.
    const data = DATA_TYPES[spec.dataType].allocate(Math.min(elementCount(shape), textLength))
    createFiller(data, writerOf(spec, shape, writeNull), shape, problems)(value, path)
    if (problems.isEmpty) return { dataType: spec.dataType, shape, data }
  }
  return undefined
}

/** Writes the value for a missing one in a column. @returns The problem, if the column refuses it. */
export type NullWriter = (data: TensorData, index: number, column: number) => string | undefined

/** Only a table [rows, columns] has missing values. */
function writerOf({ dataType }: TensorSpec, shape: readonly number[], writeNull?: NullWriter): ElementWriter {
  const write = ELEMENT_WRITERS[dataType]
  const [, columns] = shape
  if (!writeNull || columns === undefined || shape.length > 2) return write
  return (data, index, value) => {
    return value === null ? writeNull(data, index, index % columns) : write(data, index, value)
  }
}

/**
 * Finds the shape by the first elements. All others must have the same. Below an empty array, an axis has the size that the
 * model declares, or 0 if the axis is free.
 */
function nestingOf(value: unknown, spec: TensorSpec): number[] {
  const shape: number[] = []
  for (let inner = value; Array.isArray(inner) && shape.length <= MAX_RANK; inner = inner[0]) shape.push(inner.length)
  if (shape.at(-1) !== 0) return shape
  const hidden = spec.shape.slice(shape.length).map((size) => Math.max(0, size))
  return [...shape, ...hidden]
}

/** Writes nested arrays of exactly this shape into `data`, from its start. */
function createFiller(data: TensorData, write: ElementWriter, shape: readonly number[], problems: InputProblems) {
  const lastAxis = shape.length - 1
  let next = 0

  function fillElement(value: unknown, path: string): void {
    const problem = write(data, next++, value)
    if (problem) problems.add(path, problem)
  }

  function fillAxis(value: unknown, axis: number, path: string): void {
    if (!Array.isArray(value)) return problems.add(path, `expected an array, got ${show(value)}`)
    if (value.length !== shape[axis]) {
      return problems.add(path, `expected ${shape[axis]} elements as in the first row, got ${value.length}`)
    }
    for (let index = 0; index < value.length && !problems.isFull; index++) {
      // Paths are built for rows and for problems, not for every element.
      if (axis < lastAxis) fillAxis(value[index], axis + 1, `${path}[${index}]`)
      else if (write(data, next, value[index]) === undefined) next++
      else fillElement(value[index], `${path}[${index}]`)
    }
  }

  return (value: unknown, path: string): void =>
    shape.length === 0 ? fillElement(value, path) : fillAxis(value, 0, path)
}
