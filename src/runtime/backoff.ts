const [MIN_MS, MAX_MS] = [100, 5000]
const MANY = 3

/** Retries after failures, with a longer delay each time. */
export class Backoff {
  readonly #retry: () => void
  #failures = 0
  #timer: NodeJS.Timeout | undefined

  /** @param retry Called when the delay is over. */
  constructor(retry: () => void) {
    this.#retry = retry
  }

  get isWaiting(): boolean {
    return this.#timer !== undefined
  }

  /** True after several failures in a row. */
  get isHopeless(): boolean {
    return this.#failures >= MANY
  }

  failed(): void {
    const delayMs = Math.min(MAX_MS, MIN_MS * 2 ** this.#failures)
    this.#failures++
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#retry()
    }, delayMs)
  }

  succeeded(): void {
    this.#failures = 0
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
