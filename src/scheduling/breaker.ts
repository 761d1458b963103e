import { ServingError } from '../core/errors.ts'
import type { Run } from './scheduler.ts'

// A few deaths may happen at once, and then one in this time.
const BURST = 3
const REFILL_MS = 10_000

/**
 * Pauses a model whose runs end their workers. Starting new workers for it would take time from other models.
 *
 * It is a token bucket: each death takes a token, and one comes back every ten seconds. Without a token, the model is paused.
 */
export class Breaker {
  readonly #onPause: (seconds: number) => void
  #tokens = BURST
  #countedAt = performance.now()

  /** @param onPause Called when the model is paused, with the number of seconds. */
  constructor(onPause: (seconds: number) => void) {
    this.#onPause = onPause
  }

  get isPaused(): boolean {
    return this.#count() < 1
  }

  /** A run has ended its worker. */
  record(): void {
    this.#tokens = this.#count() - 1
    if (this.isPaused) this.#onPause(this.#secondsLeft())
  }

  /** @throws ServingError MODEL_NOT_READY, with the seconds until the next try, while the model is paused. */
  check(): void {
    if (!this.isPaused) return
    const seconds = this.#secondsLeft()
    const text = `the model is paused, as its requests keep ending the process that computes it: try again in ${seconds} s`
    throw new ServingError('MODEL_NOT_READY', text, [], seconds)
  }

  /** Wraps a run. Requests that waited when the model was paused are refused in their turn. */
  guard(run: Run): Run {
    return async (requests) => {
      this.check()
      return run(requests)
    }
  }

  #count(): number {
    const now = performance.now()
    this.#tokens = Math.min(BURST, this.#tokens + (now - this.#countedAt) / REFILL_MS)
    this.#countedAt = now
    return this.#tokens
  }

  #secondsLeft(): number {
    return Math.ceil(((1 - this.#count()) * REFILL_MS) / 1000)
  }
}
