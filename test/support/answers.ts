import type { Tensor } from '../../src/core/tensor.ts'
import type { NanTeller } from '../../src/protocols/tensors/element-json.ts'
import { jsonRow, writeRows } from '../../src/protocols/predict/row-text.ts'
import { tensorValues } from '../../src/protocols/predict/row-values.ts'
import { joinPieces } from '../../src/protocols/text-answer.ts'
import type { TextAnswer } from '../../src/protocols/text-answer.ts'

/** All of an answer, which must not take more bytes than it was counted for. */
export function textOf({ pieces, maxBytes }: TextAnswer): string {
  const text = joinPieces(pieces)
  if (Buffer.byteLength(text) > maxBytes) throw new Error(`counted ${maxBytes} bytes, wrote ${text.length}: ${text}`)
  return text
}

/** All elements of a tensor in one JSON array. */
export function flatJson(tensor: Tensor, model: NanTeller): string {
  const row = jsonRow(tensorValues(tensor, [tensor.data.length], model))
  return joinPieces(writeRows(row, 1, { head: '', between: '', tail: '' }))
}
