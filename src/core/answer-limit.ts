import { ServingError } from './errors.ts'
import { maxBytesOf } from './json-size.ts'
import { byteLengthOf } from './tensor.ts'
import type { Tensors } from './tensor.ts'

/** What is known of an answer before it is written. */
interface AnswerSize {
  /** Most bytes that it may take. */
  readonly bytes: number
  /** Those of them that do not depend on rows. */
  readonly fixedBytes?: number
  /** Of the request; 1 where the model has no batch axis. */
  readonly rows: number
}

/** @throws ServingError ANSWER_TOO_LARGE that says how many rows fit. */
export function checkAnswer(size: AnswerSize, maxBytes: number): void {
  if (size.bytes > maxBytes) throw answerTooLarge(size, maxBytes)
}

// An answer may leave out most of the outputs, such as all but the likeliest classes.
const OUTPUTS_SHARE = 2

/** What the outputs of a model take. */
export interface OutputSize {
  /** As they are. */
  readonly bytes: number
  /** As JSON, at the most. */
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
 * Counts what a model answers, before it takes memory where requests are served. The part that is answered is counted later,
 * more exactly.
 *
 * @param rows Of the request; 1 where the model has no batch axis.
 * @returns The error where outputs are much larger than an answer may be.
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
