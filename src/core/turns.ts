import type { Steps } from './steps.ts'

// So much of a turn may be taken by long work; what is begun is finished. Less makes fewer requests arrive in time to be
// computed together, more holds up probes.
const MAX_TURN_MS = 0.5

// A shorter body is decoded in some hundred microseconds.
const LONG_BYTES = 2 ** 13

/** Whether a body is to be decoded in a turn. */
export function isLong({ length }: Buffer): boolean {
  return length >= LONG_BYTES
}

/**
 * Spreads long work over turns of the event loop: in each, pieces are done for a millisecond, and at least one. Whatever
 * else arrives meanwhile, a probe for instance, waits for these and not for all. First come, first served.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []

  /**
   * Does a piece of work in its turn. It should take a few milliseconds at the most.
   *
   * @returns What `work` returns; rejects with what it throws.
   */
  do<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
      })
      if (this.#waiting.length === 1) setImmediate(this.#turn)
    })
  }

  /** Does work in steps: the first at once, which may be all of it, the others in turns. */
  finish<T>(steps: Steps<T>): T | Promise<T> {
    const first = steps.next()
    return first.done ? first.value : this.#finish(steps)
  }

  async #finish<T>(steps: Steps<T>): Promise<T> {
    for (;;) {
      const { done, value } = await this.do(() => takeSome(steps))
      if (done) return value
    }
  }

  readonly #turn = (): void => {
    const endsAt = performance.now() + MAX_TURN_MS
    do {
      this.#waiting[0]!()
      this.#waiting.shift()
    } while (this.#waiting.length > 0 && performance.now() < endsAt)
    if (this.#waiting.length > 0) setImmediate(this.#turn)
  }
}

/** As many steps as belong into one turn. */
function takeSome<T>(steps: Steps<T>): IteratorResult<undefined, T> {
  const endsAt = performance.now() + MAX_TURN_MS
  for (;;) {
    const step = steps.next()
    if (step.done || performance.now() >= endsAt) return step
  }
}
