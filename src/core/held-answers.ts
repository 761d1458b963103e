import { ServingError } from './errors.ts'

/** Counts the long answers that wait for their clients to read them, so that slow clients cannot take all memory. */
export class HeldAnswers {
  readonly #maxBytes: number
  #bytes = 0

  /** @param maxBytes Most bytes that all of them may take together. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * Counts an answer.
   *
   * @returns Call it once when the client has the answer, or is gone.
   * @throws ServingError QUEUE_FULL where too many bytes wait already. One answer is always taken.
   */
  hold(bytes: number): () => void {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) {
      const waiting = `answers of up to ${this.#bytes} bytes wait for clients to read them`
      throw new ServingError('QUEUE_FULL', `${waiting}: try again later, or ask for fewer rows`)
    }
    this.#bytes += bytes
    return () => (this.#bytes -= bytes)
  }
}
