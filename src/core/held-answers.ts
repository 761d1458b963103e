import { ServingError } from './errors.ts'

// So many answers of the largest size may wait for their clients.
const MAX_LARGEST = 2
// A shorter answer is not counted.
const LONG_BYTES = 2 ** 14

/** Counts the long answers that wait for their clients to read them, so that slow clients cannot take all memory. */
export class HeldAnswers {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxAnswerBytes: number) {
    this.#maxBytes = MAX_LARGEST * maxAnswerBytes
  }

  /**
   * Counts an answer, where it is long.
   *
   * @returns Call it when the client has the answer, or is gone; once more does nothing.
   * @throws ServingError QUEUE_FULL where too many bytes wait already. One answer is always taken.
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
