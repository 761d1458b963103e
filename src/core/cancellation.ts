/**
 * Tells that nobody waits for a request any more. Far cheaper than an AbortSignal, and made for every request:
 * whoever holds the request listens, one at a time.
 */
export class Cancellation {
  #isCancelled = false
  /** Called once, when it is cancelled; set by whoever can still drop the request. */
  onCancel: (() => void) | undefined

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.onCancel?.()
  }
}
