import { ServingError } from './errors.ts'

// The limit in answers of the largest size.
const MAX_LARGEST = 2
// Shorter answers are not counted.
const LONG_BYTES = 2 ** 14

/** Counts the long answers that clients have not read yet, so that slow clients cannot take all memory. */
export class HeldAnswers {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxAnswerBytes: number) {
    this.#maxBytes = MAX_LARGEST * maxAnswerBytes
  }

  /**
   * Counts an answer if it is long.
   *
   * @returns Call it when the client has the answer or has left. A second call does nothing.
   * @throws ServingError QUEUE_FULL if too many bytes wait already. A single answer is always accepted.
   */
  hold(bytes: number): () => void {
    if (bytes <= LONG_BYTES) return () => undefined
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) {
      const waiting = `answers of up to ${this.#bytes} bytes wait for clients to read them`
      throw new ServingError('QUEUE_FULL', `${waiting}: try again later, or ask for fewer rows`)
    }
    this.#bytes += bytes
    let heldBytes = bytes
    return () => {
      this.#bytes -= heldBytes
      heldBytes = 0
    }
  }
}
