import type { Steps } from './steps.ts'

// Long work may take this much of a turn, and a piece that has begun is finished. With less time, fewer requests are
// decoded in time to be computed together. With more time, probes wait.
const MAX_TURN_MS = 0.5
// A turn in which nothing else happens takes less time.
const QUIET_TURN_MS = 0.05
// Between two pieces of work, other events may take this many times the duration of the first piece. libuv accepts one
// connection in a turn. With only one turn between two pieces, sixty clients would wait for sixty pieces.
const OTHERS_SHARE = 2

// A shorter body is decoded within some hundred microseconds.
const LONG_BYTES = 2 ** 13

/** True for a body that is so large that it is decoded through `Turns`. */
export function isLong({ length }: Buffer): boolean {
  return length >= LONG_BYTES
}

/**
 * Spreads long work over turns of the event loop. A turn takes half a millisecond of it, or one longer piece. Between two
 * turns, the event loop handles other events, such as new connections and probes. Pieces are done in their order.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #turnedAt = 0
  /** Other events may use the event loop until then. */
  #othersUntil = 0

  /**
   * Does a piece of work in its turn. It should take a few milliseconds at most.
   *
   * @returns The result of `work`. The promise is rejected if `work` throws.
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
      if (this.#waiting.length === 1) this.#planTurn()
    })
  }

  /** Does the first step at once, and the others in turns. */
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

  #planTurn(): void {
    this.#turnedAt = performance.now()
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    const startedAt = performance.now()
    const isQuiet = startedAt - this.#turnedAt < QUIET_TURN_MS
    if (!isQuiet && startedAt < this.#othersUntil) return this.#planTurn()
    let now = startedAt
    do {
      this.#waiting[0]!()
      this.#waiting.shift()
      now = performance.now()
    } while (this.#waiting.length > 0 && now < startedAt + MAX_TURN_MS)
    this.#othersUntil = now + OTHERS_SHARE * (now - startedAt)
    if (this.#waiting.length > 0) this.#planTurn()
  }
}

/** Does as many steps as fit into one turn. */
function takeSome<T>(steps: Steps<T>): IteratorResult<undefined, T> {
  const endsAt = performance.now() + MAX_TURN_MS
  for (;;) {
    const step = steps.next()
    if (step.done || performance.now() >= endsAt) return step
  }
}
