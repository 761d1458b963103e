import { ServingError } from './errors.ts'
import { maxBytesOf } from './json-size.ts'
import { byteLengthOf } from './tensor.ts'
import type { Tensors } from './tensor.ts'

/** The size of an answer, estimated before it is written. */
interface AnswerSize {
  /** An upper bound of its bytes. */
  readonly bytes: number
  /** The part of `bytes` that does not grow with the rows. */
  readonly fixedBytes?: number
  /** Rows of the request; 1 if the model has no batch axis. */
  readonly rows: number
}

/** @throws ServingError ANSWER_TOO_LARGE with the number of rows that fit. */
export function checkAnswer(size: AnswerSize, maxBytes: number): void {
  if (size.bytes > maxBytes) throw answerTooLarge(size, maxBytes)
}

// An answer may be much smaller than the outputs, for example if it has only the likeliest classes.
const OUTPUTS_SHARE = 2

/** The size of the outputs of a model. */
export interface OutputSize {
  /** Bytes of the tensors. */
  readonly bytes: number
  /** An upper bound of their bytes as JSON. */
  readonly textBytes: number
}

export function sizeOfOutputs(outputs: Tensors): OutputSize {
  let bytes = 0
  let textBytes = 0
  for (const tensor of outputs.values()) {
    bytes += byteLengthOf(tensor)
    textBytes += maxBytesOf(tensor)
  }
  return { bytes, textBytes }
}

/**
 * Checks the size of outputs before they take memory in the listening process. The size of the answer itself is checked
 * later, and more exactly.
 *
 * @param rows Rows of the request; 1 if the model has no batch axis.
 * @returns The error if the outputs are much larger than an answer may be; undefined if not.
 */
export function outputsProblem(size: OutputSize, rows: number, maxAnswerBytes: number): ServingError | undefined {
  if (size.bytes <= OUTPUTS_SHARE * maxAnswerBytes) return undefined
  return answerTooLarge({ bytes: size.textBytes, rows }, maxAnswerBytes)
}

/** The error for an answer that takes more than `maxBytes`. */
function answerTooLarge({ bytes, fixedBytes = 0, rows }: AnswerSize, maxBytes: number): ServingError {
  const fit = Math.floor(((maxBytes - fixedBytes) * rows) / (bytes - fixedBytes))
  const next =
    fit > 0
      ? `send at most ${fit} ${fit === 1 ? 'row' : 'rows'} in one request`
      : 'not even one row fits: ask for fewer outputs, or raise --max-answer on the server'
  const size = `the answer may take ${bytes} bytes, more than the ${maxBytes} that this server answers`
  return new ServingError('ANSWER_TOO_LARGE', `${size}; ${next}`)
}
