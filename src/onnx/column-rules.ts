import { integerOf } from './attributes.ts'
import { hasMissing, isForColumns, joinColumns, pickColumns } from './columns.ts'
import type { Columns, FollowedNode } from './columns.ts'
import { descendTrees, impute, replaceWhere, weigh } from './missing-handlers.ts'

/**
 * Follows the columns of a node's inputs to its first output.
 *
 * @returns The columns of the output. undefined if they cannot be followed: every column of the inputs is then refused.
 */
type ColumnRule = (node: FollowedNode) => Columns | undefined

// TensorProto.DataType of float32, float16 and float64.
const FLOATS = new Set([1, 10, 11])

/** By `domain.Operator`. Operators of the default domain have no prefix. */
export const COLUMN_RULES: ReadonlyMap<string, ColumnRule> = new Map<string, ColumnRule>([
  ['Identity', first],
  ['Cast', castColumns],
  ['Flatten', (node) => (integerOf(node.attributes(), 'axis', 1) === 1 ? first(node) : undefined)],
  ['Reshape', reshapeColumns],
  ['Concat', (node) => (isAxisOfColumns(node, 'axis', NaN) ? joinColumns(node.inputs) : undefined)],
  ['Gather', (node) => (isAxisOfColumns(node, 'axis', 0) ? pick(node) : undefined)],
  ['Slice', sliceColumns],
  // These operators keep NaN.
  ['Add', withConstant],
  ['Sub', withConstant],
  ['Mul', withConstant],
  ['Div', withConstant],
  ['IsNaN', isNaNOf],
  ['Where', replaceWhere],
  ['ai.onnx.ml.Scaler', first],
  ['ai.onnx.ml.FeatureVectorizer', ({ inputs }) => joinColumns(inputs)],
  ['ai.onnx.ml.ArrayFeatureExtractor', pick],
  ['ai.onnx.ml.Imputer', impute],
  ['ai.onnx.ml.LinearClassifier', weigh],
  ['ai.onnx.ml.LinearRegressor', weigh],
  ['ai.onnx.ml.TreeEnsembleClassifier', descendTrees],
  ['ai.onnx.ml.TreeEnsembleRegressor', descendTrees],
])

function first({ inputs: [columns] }: FollowedNode): Columns | undefined {
  return columns
}

function castColumns(node: FollowedNode): Columns | undefined {
  const [columns] = node.inputs
  // NaN that is cast to an integer becomes an arbitrary number.
  const isFloat = FLOATS.has(integerOf(node.attributes(), 'to', 0))
  return columns && (isFloat || !hasMissing(columns)) ? columns : undefined
}

/** Follows a Reshape that keeps the shape [rows, columns]. */
function reshapeColumns(node: FollowedNode): Columns | undefined {
  const [columns] = node.inputs
  const shape = node.constant(1)?.values
  if (!columns?.isPlaced || shape?.length !== 2) return undefined
  const [rows, width] = shape
  const isSame = (rows === -1 || rows === 0) && width === columns.at.length
  return isSame || (rows === 0 && width === -1) ? columns : undefined
}

function isAxisOfColumns(node: FollowedNode, name: string, otherwise: number): boolean {
  const axis = integerOf(node.attributes(), name, otherwise)
  return axis === 1 || axis === -1
}

function pick(node: FollowedNode): Columns | undefined {
  const [columns] = node.inputs
  const positions = node.constant(1)
  // A scalar would remove the axis.
  const isList = positions?.values && (positions.shape.length === 1 || node.node.operator !== 'Gather')
  return columns && isList ? pickColumns(columns, positions.values) : undefined
}

/** Follows a Slice that takes a range of columns. */
function sliceColumns(node: FollowedNode): Columns | undefined {
  const [columns] = node.inputs
  const numberOf = (index: number): number | undefined => {
    const values = node.constant(index)?.values
    return values?.length === 1 ? values[0] : undefined
  }
  const [start, end, axis] = [numberOf(1), numberOf(2), numberOf(3)]
  const isStep = (node.node.inputs[4] ?? '') === '' || numberOf(4) === 1
  if (!columns || start === undefined || end === undefined || (axis !== 1 && axis !== -1) || !isStep) return undefined
  const positions = columns.at.map((_, position) => position).slice(start, end)
  return pickColumns(columns, positions)
}

/** Follows arithmetic with one constant for all columns, or with one for each. */
function withConstant(node: FollowedNode): Columns | undefined {
  const [left, right] = node.inputs
  const columns = left ?? right
  const constant = node.constant(left ? 1 : 0)
  if (!columns || !constant || (left && right)) return undefined
  return isForColumns(constant, columns) ? columns : undefined
}

function isNaNOf({ node, inputs: [columns] }: FollowedNode): Columns | undefined {
  return columns && { ...columns, missingOf: node.inputs[0]! }
}
