import { binary, byCount, compare, einsum, gemm, multiply, quantize, selfEinsum, withConstant } from './arithmetic.ts'
import {
  computedReshape,
  concat,
  flatten,
  hidden,
  pad,
  repeat,
  reshape,
  split,
  squeeze,
  transpose,
} from './arrangement.ts'
import { byElusive, countPadded } from './composites.ts'
import { conditional, scan } from './control.ts'
import { unary } from './draft.ts'
import type { Drafter } from './draft.ts'
import { argMax, convolve, cumSum, learned, lpNormalization, normalize, recur, reduce, softmax } from './reductions.ts'
import { gather, gatherElements, lookUp, oneHot, slice, topK } from './selection.ts'
import { byNumber, calculate, cutByNumber, empty, measure, unknownConstant } from './sizes.ts'
import { countWords, labelWords, moveWords, normalizeWords, tokenize } from './texts.ts'

/** What a graph grows by. What stands several times is likelier. */
export const DRAFTS: readonly Drafter[] = [
  [hidden, hidden, hidden],
  [unary('Abs', 'Neg', 'Relu', 'Sign', 'Identity', 'Floor'), unary('Sigmoid', 'Tanh', 'Softplus', 'Erf', 'Elu')],
  [binary, binary, withConstant, withConstant, compare],
  [reduce, reduce, argMax, softmax, lpNormalization, cumSum, normalize, convolve],
  [transpose, transpose, reshape, reshape, reshape, computedReshape, flatten, squeeze, squeeze],
  [concat, split, repeat, pad, slice, gather, lookUp, gatherElements, topK, oneHot],
  [byCount, multiply, multiply, gemm, einsum, selfEinsum, quantize, recur, learned],
  [measure, measure, calculate, calculate, byNumber, byNumber, cutByNumber, unknownConstant, empty],
  [scan, conditional, conditional, countPadded, countPadded, byElusive, byElusive],
  [tokenize, countWords, countWords, normalizeWords, labelWords, moveWords],
].flat()
