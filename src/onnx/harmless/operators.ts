import { integerOf } from '../attributes.ts'
import { elementTypeName } from '../value-info.ts'
import type { TypedNode } from './element-types.ts'
import { findTreeProblem } from './trees.ts'

/** Returns the reason why a node is not harmless, or undefined. */
type Condition = (node: TypedNode) => string | undefined

// Operators that take one pass over their values, and were seen to survive all of them. Each was tried with hostile values:
// NaN, infinities, the smallest integers, indices out of range, no rows, no columns.
const DEFAULT_DOMAIN: readonly (readonly [operators: string, condition?: Condition])[] = [
  ['Constant Identity Not And Or Xor Equal Less LessOrEqual Greater GreaterOrEqual Where'],
  ['Max Min Sum Mean Add Sub Mul Neg Abs Sign Pow Relu Sigmoid Tanh Exp Log Sqrt Reciprocal Erf'],
  ['Floor Ceil Round Clip IsNaN LeakyRelu Elu Selu Softplus HardSigmoid'],
  ['Reshape Transpose Flatten Squeeze Unsqueeze Concat Split Shape Size Gather'],
  [
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare',
  ],
  ['ArgMax ArgMin Softmax LogSoftmax LayerNormalization BatchNormalization MatMul Gemm'],
  ['Cast', castsNumbers],
  // The smallest integer divided by -1 ends the process.
  ['Div', ({ types }) => needsFloats(types)],
  ['Mod', ({ types }) => needsFloats(types)],
  // These operators allocate an amount that a value gives.
  ['ConstantOfShape Range', sizedBySettled(0, 1, 2)],
  ['Slice', sizedBySettled(1, 2, 3, 4)],
  ['Expand Tile Pad OneHot', sizedBySettled(1)],
]

const ML_DOMAIN: typeof DEFAULT_DOMAIN = [
  ['ArrayFeatureExtractor Scaler Normalizer Imputer Binarizer LabelEncoder OneHotEncoder FeatureVectorizer ZipMap'],
  ['LinearClassifier LinearRegressor SVMClassifier SVMRegressor'],
  ['TreeEnsembleClassifier TreeEnsembleRegressor', ({ source, node }) => findTreeProblem(source, node)],
]

const ALLOWED: ReadonlyMap<string, Condition> = new Map([
  ...entriesOf('', DEFAULT_DOMAIN),
  ...entriesOf('ai.onnx.ml', ML_DOMAIN),
])

/** Returns the reason why a node may crash, loop, or allocate an amount that a value gives. undefined if it cannot. */
export function findHarm(node: TypedNode): string | undefined {
  const { domain, operator } = node.node
  const condition = ALLOWED.get(`${domain}.${operator}`)
  return condition ? condition(node) : 'it is not known to be harmless'
}

function entriesOf(domain: string, lines: typeof DEFAULT_DOMAIN): (readonly [string, Condition])[] {
  return lines.flatMap(([operators, condition = () => undefined]) =>
    operators.split(' ').map((operator) => [`${domain}.${operator}`, condition] as const),
  )
}

function needsFloats(types: readonly (string | undefined)[]): string | undefined {
  const other = types.find((type) => type !== 'float32' && type !== 'float64')
  const isKnown = types.every((type) => type !== undefined)
  if (!isKnown) return 'the type of its operands is not known'
  return other === undefined ? undefined : `it divides ${other}`
}

/** Only numbers may be cast, because a request decides how long a text is. */
function castsNumbers({ attributes, types }: TypedNode): string | undefined {
  const [from, to] = [types[0], elementTypeName(BigInt(integerOf(attributes, 'to', 0)))]
  if (from === undefined) return 'the type of its operand is not known'
  return from === 'string' || to === 'string' ? 'it reads or writes text' : undefined
}

function sizedBySettled(...indices: number[]): Condition {
  return ({ isSettled }) => {
    return indices.every((index) => isSettled[index] ?? true) ? undefined : 'a value says how large its output is'
  }
}
