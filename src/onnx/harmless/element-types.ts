import { integerOf } from '../attributes.ts'
import type { Attributes } from '../attributes.ts'
import type { GraphNode } from '../graph.ts'
import { readSmallTensor } from '../small-tensor.ts'
import { elementTypeName } from '../value-info.ts'
import type { ByteSource } from '../wire.ts'

/** A node, with the facts that decide if it is harmless. */
export interface TypedNode {
  readonly source: ByteSource
  readonly node: GraphNode
  readonly attributes: Attributes
  /** The element type of each input; undefined if it is not known. */
  readonly types: readonly (string | undefined)[]
  /** True for each input whose values no request decides, because they are in the file or are sizes. */
  readonly isSettled: readonly boolean[]
}

type ToTypes = (node: TypedNode) => readonly (string | undefined)[]

// Operators whose outputs have another type than their first input. One line adds an operator.
const TABLE: readonly (readonly [operators: string, toTypes: ToTypes])[] = [
  ['Shape Size ArgMax ArgMin', () => ['int64']],
  ['Equal Less LessOrEqual Greater GreaterOrEqual Not And Or Xor IsNaN', () => ['bool']],
  ['Cast', ({ attributes }) => [elementTypeName(BigInt(integerOf(attributes, 'to', 0)))]],
  ['Constant ConstantOfShape', (node) => [typeOfConstant(node)]],
  ['Where', ({ types }) => [types[1]]],
  ['OneHot', ({ types }) => [types[2]]],
  ['LabelEncoder', ({ attributes }) => [typeOfList(attributes, 'values')]],
  ['TreeEnsembleClassifier LinearClassifier SVMClassifier', ({ attributes }) => [typeOfLabels(attributes), 'float32']],
  ['TreeEnsembleRegressor LinearRegressor SVMRegressor', () => ['float32']],
  ['Scaler Normalizer OneHotEncoder FeatureVectorizer', () => ['float32']],
]

const TYPES: ReadonlyMap<string, ToTypes> = new Map(
  TABLE.flatMap(([operators, toTypes]) => operators.split(' ').map((operator) => [operator, toTypes] as const)),
)

/** Finds the element type of each output of a node; undefined if it is not known. */
export function typesOfOutputs(node: TypedNode): readonly (string | undefined)[] {
  const toTypes = TYPES.get(node.node.operator)
  return toTypes ? toTypes(node) : node.node.outputs.map(() => node.types[0])
}

/** Finds the element type of a Constant, or of the value of a ConstantOfShape. */
function typeOfConstant({ source, node, attributes }: TypedNode): string | undefined {
  const tensor = attributes.get('value')?.tensor
  if (tensor) return readSmallTensor(source, tensor).elementType
  if (attributes.has('value_float') || attributes.has('value_floats')) return 'float32'
  if (attributes.has('value_int') || attributes.has('value_ints')) return 'int64'
  return node.operator === 'ConstantOfShape' ? 'float32' : undefined
}

function typeOfList(attributes: Attributes, name: string): string | undefined {
  if (attributes.has(`${name}_strings`)) return 'string'
  if (attributes.has(`${name}_int64s`)) return 'int64'
  return attributes.has(`${name}_floats`) ? 'float32' : undefined
}

function typeOfLabels(attributes: Attributes): string | undefined {
  return attributes.has('classlabels_ints') ? 'int64' : typeOfList(attributes, 'classlabels')
}
