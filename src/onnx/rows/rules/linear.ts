import { checkConstant, input, integer } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, toNumber } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { ONE, constant, rowAxis, rowsAlong, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'
import { broadcast } from './elementwise.ts'

export const matMul: Rule = (operation) => multiply(operation, input(operation, 0), input(operation, 1))

/** MatMulInteger. Its inputs are a, b, and zero points. */
export const matMulInteger: Rule = (operation) => {
  checkConstant(operation, 2)
  return matMul(operation)
}

/** QLinearMatMul. Its inputs are a, b and then the scale and zero point of the output. a and b have theirs behind them. */
export const qLinearMatMul: Rule = (operation) => {
  checkConstant(operation, 1, 3)
  checkConstant(operation, 4)
  return multiply(operation, input(operation, 0), input(operation, 3))
}

export const gemm: Rule = (operation) => {
  const attributes = operation.attributes('transA', 'transB')
  const [a, b] = [input(operation, 0), input(operation, 1)]
  const made = multiply(
    operation,
    integer(attributes, 'transA') ? transposeMatrix(a) : a,
    integer(attributes, 'transB') ? transposeMatrix(b) : b,
  )
  const bias = operation.inputs[2]
  return bias ? broadcast([made, bias], operation) : made
}

/** FusedMatMul of com.microsoft. Its attributes can transpose the inputs. */
export const fusedMatMul: Rule = (operation) => {
  const names = ['transA', 'transB', 'transBatchA', 'transBatchB']
  const attributes = operation.attributes(...names)
  if (names.some((name) => integer(attributes, name))) throw new NotProven('it transposes its inputs')
  return matMul(operation)
}

function transposeMatrix(value: Value): Value {
  const sizes = shapeOf(value)
  if (sizes.length !== 2) throw new NotProven('it is no matrix')
  const swapped = [sizes[1]!, sizes[0]!]
  return value.kind === 'rows' ? rowsAlong(1 - value.axis, swapped) : constant(swapped)
}

/**
 * The product of two matrices, or of stacks of them. The rows may be the rows of `a`, the columns of `b`, or one axis of
 * both stacks. They may not be the axis of the sum.
 */
function multiply(operation: Operation, a: Value, b: Value): Value {
  const axes = [rowAxis(a), rowAxis(b)]
  if (axes.every((axis) => axis < 0) && !(a.shape && b.shape)) return constant()
  const [left, right] = [shapeOf(a), shapeOf(b)]
  if (left.length === 0 || right.length === 0) throw new NotProven('it is no matrix')
  const x = toMatrix(a, left.length === 1 ? [ONE, ...left] : left, left.length === 1 ? 1 : 0)
  const y = toMatrix(b, right.length === 1 ? [...right, ONE] : right, 0)
  if (isSummed(x, 1) || isSummed(y, 2)) throw new NotProven('it adds rows up')
  // In this case ONNX Runtime 1.30 answers old content of its memory.
  if (isZero(x.sizes.at(-1)!) || isZero(y.sizes.at(-2)!)) throw new NotProven('it adds no elements up')
  const made = stack(operation, x, y)
  return dropAdded(made, left.length === 1, right.length === 1)
}

function isZero(size: Size): boolean {
  return toNumber(size) === 0
}

interface Matrix {
  readonly sizes: readonly Size[]
  /** The axis of the rows. -1 if there are no rows. */
  readonly axis: number
}

function toMatrix(value: Value, sizes: readonly Size[], shift: number): Matrix {
  const axis = rowAxis(value)
  return { sizes, axis: axis < 0 ? -1 : axis + shift }
}

/** True if the rows are along the axis of the sum, which is `fromEnd` counted from the end. */
function isSummed({ sizes, axis }: Matrix, fromEnd: number): boolean {
  return axis >= 0 && axis === sizes.length - fromEnd
}

function stack(operation: Operation, x: Matrix, y: Matrix): Value {
  const asValue = ({ sizes, axis }: Matrix): Value => {
    const isInStack = axis >= 0 && axis < sizes.length - 2
    return isInStack ? rowsAlong(axis, sizes.slice(0, -2)) : constant(sizes.slice(0, -2))
  }
  const stacks = broadcast([asValue(x), asValue(y)], operation)
  const outer = shapeOf(stacks)
  const sizes = [...outer, x.sizes.at(-2)!, y.sizes.at(-1)!]
  const inX = x.axis >= 0 && x.axis === x.sizes.length - 2
  const inY = y.axis >= 0 && y.axis === y.sizes.length - 1
  const places = [
    ...(stacks.kind === 'rows' ? [stacks.axis] : []),
    ...(inX ? [sizes.length - 2] : []),
    ...(inY ? [sizes.length - 1] : []),
  ]
  if (places.length > 1) throw new NotProven('every row meets every other row')
  return places.length === 0 ? constant(sizes) : rowsAlong(places[0]!, sizes)
}

/** Drops the axes that were added to make matrices of vectors. */
function dropAdded(made: Value, dropsRow: boolean, dropsColumn: boolean): Value {
  const sizes = shapeOf(made)
  const rows = rowAxis(made)
  const dropped = new Set([...(dropsRow ? [sizes.length - 2] : []), ...(dropsColumn ? [sizes.length - 1] : [])])
  if (dropped.has(rows)) throw new NotProven('it adds rows up')
  const kept = sizes.filter((_, axis) => !dropped.has(axis))
  if (rows < 0) return constant(kept)
  return rowsAlong(rows - [...dropped].filter((axis) => axis < rows).length, kept)
}

/** SkipLayerNormalization of com.microsoft. It adds values and a bias, and normalizes the sum. */
export const skipNormalization: Rule = (operation) => {
  checkConstant(operation, 2)
  const sum = broadcast([input(operation, 0), input(operation, 1)], operation)
  if (rowAxis(sum) >= shapeOf(sum).length - 1) throw new NotProven('it works across rows')
  return sum
}

/** MatMulNBits of com.microsoft. The weights have a few bits each. */
export const matMulBits: Rule = (operation) => {
  checkConstant(operation, 1)
  const data = input(operation, 0)
  const sizes = shapeOf(data)
  if (rowAxis(data) === sizes.length - 1) throw new NotProven('it adds rows up')
  const made = [...sizes.slice(0, -1), operation.unknownSize()]
  return data.kind === 'rows' ? rowsAlong(data.axis, made) : constant(made)
}
