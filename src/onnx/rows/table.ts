import type { Rule } from './operation.ts'
import { conditional, constantNode, scan } from './rules/control.ts'
import { convolution, globalPool, pool, qLinearConvolution } from './rules/convolution.ts'
import { cast, dropout, elementwise, not, passOn, unary, where } from './rules/elementwise.ts'
import {
  arrayFeatureExtractor,
  classifier,
  featureVectorizer,
  oneHotEncoder,
  regressor,
  stringNormalizer,
  table,
  tfIdf,
  tokenizer,
  treeEnsemble,
} from './rules/learning.ts'
import {
  fusedMatMul,
  gemm,
  matMul,
  matMulBits,
  matMulInteger,
  qLinearMatMul,
  skipNormalization,
} from './rules/linear.ts'
import { recurrent } from './rules/recurrent.ts'
import {
  acrossChannels,
  alone,
  alongAxis,
  argument,
  batchNormalization,
  byInstance,
  cumulative,
  fromAxis,
  meanVariance,
  quantize,
  reduce,
  softmax,
} from './rules/reduction.ts'
import { resize, reverseSequence, spaceDepth, trilu } from './rules/arrangement.ts'
import { einsum } from './rules/einsum.ts'
import { compress, gather, gatherElements, gatherNd, oneHot, topK } from './rules/selection.ts'
import { concat, pad, slice, split } from './rules/slicing.ts'
import { constantOfShape, expand, tile } from './rules/repetition.ts'
import { flatten, reshape, shape, size, squeeze, transpose, unsqueeze } from './rules/shapes.ts'

const ELEMENT_OF_ONE =
  'Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot CastLike Ceil Celu Clip Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid ' +
  'HardSwish IsInf IsNaN LeakyRelu Log Mish Neg Reciprocal RegexFullMatch Relu Round Selu Shrink Sigmoid Sign Sin Sinh ' +
  'Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu'

const ELEMENT_OF_EACH =
  'Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or ' +
  'PRelu Pow StringConcat Sub Sum Xor'

const REDUCE =
  'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare'

/** Gives several operators the same rule. */
function each(names: string, rule: Rule): Record<string, Rule> {
  return Object.fromEntries(names.split(' ').map((name) => [name, rule]))
}

/**
 * Every operator that the proof follows, by domain. An operator that is not listed stops it, unless the domain is listed
 * and all inputs are constants.
 *
 * @see https://onnx.ai/onnx/operators/
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const TABLE: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  '': {
    ...each(ELEMENT_OF_ONE, unary),
    ...each(ELEMENT_OF_EACH, elementwise),
    ...each(REDUCE, reduce),
    ...each('ArgMax ArgMin', argument),
    ...each('Softmax LogSoftmax Hardmax', softmax),
    ...each('LayerNormalization RMSNormalization SimplifiedLayerNormalization', fromAxis),
    ...each('InstanceNormalization GroupNormalization', byInstance),
    ...each('Conv ConvInteger ConvTranspose', convolution),
    ...each('MaxPool AveragePool LpPool', pool),
    ...each('GlobalMaxPool GlobalAveragePool GlobalLpPool', globalPool),
    ...each('LSTM GRU RNN', recurrent),
    ...each('QuantizeLinear DequantizeLinear', quantize),
    ...each('GatherElements ScatterElements', gatherElements),
    ...each('DepthToSpace SpaceToDepth', spaceDepth),
    ...each('Resize Upsample', resize),
    BatchNormalization: batchNormalization,
    Cast: cast,
    Compress: compress,
    Concat: concat,
    Constant: constantNode,
    ConstantOfShape: constantOfShape,
    CumSum: cumulative,
    Dropout: dropout,
    Einsum: einsum,
    Expand: expand,
    Flatten: flatten,
    Gather: gather,
    GatherND: gatherNd,
    Gemm: gemm,
    Identity: passOn,
    If: conditional,
    LRN: acrossChannels,
    LpNormalization: alongAxis(-1),
    MatMul: matMul,
    MatMulInteger: matMulInteger,
    MeanVarianceNormalization: meanVariance,
    Not: not,
    OneHot: oneHot,
    Pad: pad,
    QLinearConv: qLinearConvolution,
    QLinearMatMul: qLinearMatMul,
    Reshape: reshape,
    ReverseSequence: reverseSequence,
    Scan: scan,
    Shape: shape,
    Size: size,
    Slice: slice,
    Split: split,
    Squeeze: squeeze,
    StringNormalizer: stringNormalizer,
    TfIdfVectorizer: tfIdf,
    Tile: tile,
    TopK: topK,
    Transpose: transpose,
    Trilu: trilu,
    Unsqueeze: unsqueeze,
    Where: where,
  },
  'ai.onnx.ml': {
    ...each('Binarizer LabelEncoder CategoryMapper', unary),
    ...each('Scaler Imputer Normalizer', table),
    ...each('LinearClassifier SVMClassifier TreeEnsembleClassifier', classifier),
    ArrayFeatureExtractor: arrayFeatureExtractor,
    FeatureVectorizer: featureVectorizer,
    LinearRegressor: regressor('targets', 1),
    OneHotEncoder: oneHotEncoder,
    SVMRegressor: regressor('n_targets', 1),
    TreeEnsemble: treeEnsemble,
    TreeEnsembleRegressor: treeEnsemble,
  },
  'com.microsoft': {
    ...each('BiasGelu FastGelu', elementwise),
    ...each('Gelu QuickGelu', alone(unary)),
    FusedConv: convolution,
    FusedMatMul: fusedMatMul,
    MatMulNBits: matMulBits,
    SkipLayerNormalization: skipNormalization,
    Tokenizer: tokenizer,
  },
}

// The answers of these operators are random, or differ from run to run.
const CHANCE = /^(Random\w*|Bernoulli|Multinomial|Sampling|Bi\w*Dropout)$/

/** Finds the rule of an operator, if it has one. */
export function findRule(domain: string, operator: string): Rule | undefined {
  const rules = Object.hasOwn(TABLE, domain) ? TABLE[domain]! : undefined
  return rules && Object.hasOwn(rules, operator) ? rules[operator] : undefined
}

/** True for a domain of the table. Apart from random operators, equal inputs give equal outputs in these domains. */
export function isKnownDomain(domain: string): boolean {
  return Object.hasOwn(TABLE, domain)
}

/** False for an operator that is always random. Dropout may be random as well: its rule checks that. */
export function isDeterministic(operator: string): boolean {
  return !CHANCE.test(operator)
}
