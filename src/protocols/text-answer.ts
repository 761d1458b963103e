import { checkAnswer } from '../core/answer-limit.ts'
import { maxTextBytes } from '../core/json-size.ts'
import type { ModelView } from '../core/model-view.ts'
import { hasBatchAxis } from '../core/signature.ts'
import { rowsOf } from '../core/tensor.ts'
import type { Tensors } from '../core/tensor.ts'
import { writeRows } from './predict/row-text.ts'
import type { Frame, RowText } from './predict/row-text.ts'

/** An answer that is text. Each piece is written when the reader asks for it. */
export interface TextAnswer {
  /** The answer takes at most this many bytes. */
  readonly maxBytes: number
  /** Read them once, from first to last. */
  readonly pieces: Iterable<string>
}

/** Rows, their text, and the text around them. */
interface Rows {
  readonly row: RowText
  readonly rows: number
  readonly frame: Frame
}

/**
 * Makes an answer of rows.
 *
 * @param outputs The outputs of the model. Their rows are those of the request.
 * @throws ServingError ANSWER_TOO_LARGE if it may take more bytes than the model may answer.
 */
export function toTextAnswer({ row, rows, frame }: Rows, outputs: Tensors, model: ModelView): TextAnswer {
  const frameBytes = maxTextBytes(frame.head) + maxTextBytes(frame.tail)
  const maxBytes = row.maxBytes(rows) + frameBytes
  checkBytes(maxBytes, outputs, model, frameBytes)
  return { maxBytes, pieces: writeRows(row, rows, frame) }
}

/**
 * @param bytes The maximum length of the answer.
 * @param fixedBytes The part of it that does not depend on the number of rows.
 * @throws ServingError ANSWER_TOO_LARGE if the answer may be too long.
 */
export function checkBytes(bytes: number, outputs: Tensors, model: ModelView, fixedBytes = 0): void {
  const rows = hasBatchAxis(model.signature) ? rowsOf(outputs) : 1
  checkAnswer({ bytes, fixedBytes, rows }, model.maxAnswerBytes)
}

/** Joins the pieces of a short answer. */
export function joinPieces(pieces: Iterable<string>): string {
  let text = ''
  for (const piece of pieces) text += piece
  return text
}
