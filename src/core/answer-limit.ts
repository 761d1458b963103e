import { ServingError } from './errors.ts'

/** What is known of an answer before it is written. */
interface AnswerSize {
  /** Most bytes that it may take. */
  readonly bytes: number
  /** Those of them that do not depend on rows. */
  readonly fixedBytes: number
  /** Of the request; 1 where the model has no batch axis. */
  readonly rows: number
}

/** @throws ServingError ANSWER_TOO_LARGE that says how many rows fit. */
export function checkAnswer(size: AnswerSize, maxBytes: number): void {
  if (size.bytes > maxBytes) throw tooLarge('the answer may', size, maxBytes)
}

/** The error for outputs that are so large that they are not even read. */
export function outputsTooLarge(size: Omit<AnswerSize, 'fixedBytes'>, maxBytes: number): ServingError {
  return tooLarge('the outputs of the model', { ...size, fixedBytes: 0 }, maxBytes)
}

function tooLarge(what: string, { bytes, fixedBytes, rows }: AnswerSize, maxBytes: number): ServingError {
  const fit = Math.floor(((maxBytes - fixedBytes) * rows) / (bytes - fixedBytes))
  const next =
    fit > 0
      ? `send at most ${fit} ${fit === 1 ? 'row' : 'rows'} in one request`
      : 'not even one row fits: ask for fewer outputs, or raise --max-answer on the server'
  const size = `${what} take ${bytes} bytes, more than the ${maxBytes} that this server answers`
  return new ServingError('ANSWER_TOO_LARGE', `${size}; ${next}`)
}
