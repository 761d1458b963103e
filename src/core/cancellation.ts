/**
 * Says that nobody waits for a request any more. It has one listener at a time: the part of the server that holds the
 * request. Each request has one, and it is far cheaper than an AbortSignal.
 */
export class Cancellation {
  #isCancelled = false
  /** Called once when the request is cancelled. The part of the server that can still drop the request sets it. */
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
