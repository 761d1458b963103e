import { DATA_TYPES } from '../../src/core/datatypes.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import type { Case } from './cases.ts'
import { elementsOf } from './ways.ts'

// What is known of single tests. Everything else that is not answered as expected fails.

export interface Exception {
  readonly reason: string
  readonly names: readonly string[]
}

/** Served, and answered otherwise than ONNX expects, as ONNX Runtime in Python does as well. */
export const OTHER_ANSWERS: readonly Exception[] = [
  {
    reason: 'onnx 1.21 expects wrong numbers; the answers are those of onnx 1.23, which corrected them',
    names: [
      'test_attention_3d_with_past_and_present_qk_matmul_bias',
      'test_attention_3d_with_past_and_present_qk_matmul_softcap',
      'test_attention_4d_with_past_and_present_qk_matmul_bias',
      'test_attention_4d_with_past_and_present_qk_matmul_bias_3d_mask',
      'test_attention_4d_with_past_and_present_qk_matmul_bias_4d_mask',
      'test_attention_4d_with_qk_matmul_bias',
      'test_attention_4d_with_qk_matmul_softcap',
      'test_qlinearmatmul_2D_int8_float16',
      'test_qlinearmatmul_2D_int8_float32',
      'test_qlinearmatmul_3D_int8_float16',
      'test_qlinearmatmul_3D_int8_float32',
    ],
  },
  {
    reason:
      'in masked places of `qk_matmul_output`, ONNX Runtime answers the lowest float, and ONNX expects -Infinity; `Y` is right',
    names: [
      'test_attention_4d_with_past_and_present_qk_matmul_bias_3d_mask_causal',
      'test_attention_4d_with_past_and_present_qk_matmul_bias_4d_mask_causal',
    ],
  },
  {
    reason: 'Dropout in training uses another generator of random numbers',
    names: [
      'test_training_dropout',
      'test_training_dropout_default',
      'test_training_dropout_default_mask',
      'test_training_dropout_mask',
    ],
  },
  {
    reason: 'ONNX Runtime differs from ONNX in resizing with aligned corners by a scale that is not an integer',
    names: ['test_resize_downsample_scales_cubic_align_corners', 'test_resize_downsample_scales_linear_align_corners'],
  },
  {
    reason: 'the indices of MaxUnpool refer to `output_shape` in ONNX Runtime, and to the default shape in ONNX',
    names: ['test_maxunpool_export_with_output_shape'],
  },
]

/** Loaded, and refused with 422 whatever is sent. */
export const REFUSED_RUNS: readonly Exception[] = [
  {
    reason:
      'Attention with an `attn_mask` shorter than the keys, padded by `nonpad_kv_seqlen`, which ONNX Runtime does not compute',
    names: ['test_attention_4d_diff_heads_mask4d_padded_kv'],
  },
  {
    reason: 'ConvInteger with a zero point for each channel of the weights, which ONNX Runtime does not compute',
    names: ['test_convinteger_with_padding'],
  },
]

/** Loaded only where the machine has the locale `en_US.UTF-8`. */
export const NEEDS_LOCALE = /^test_strnorm\w*_monday_(?!\w*nochangecase)/

export function namesIn(exceptions: readonly Exception[]): Set<string> {
  return new Set(exceptions.flatMap(({ names }) => names))
}

/** Why a way of calling has no form for the values of this test; undefined where it has. */
export function formlessReason(way: string, { sets }: Case): string | undefined {
  const values = sets.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])
  const hasHalf = values.some(({ tensor }) => tensor?.dataType === 'float16')
  if (way === 'V2 JSON' && hasHalf) return 'FP16 has no form in JSON'
  const isOdd = sets.some(({ inputs }) => inputs.some(({ tensor }) => tensor && hasNonFinite(tensor)))
  return way === 'inputs' && isOdd ? 'expected a number, got' : undefined
}

function hasNonFinite(tensor: Tensor): boolean {
  return DATA_TYPES[tensor.dataType].kind === 'float' && elementsOf(tensor).some((value) => typeof value === 'string')
}
