import type { Steps } from './steps.ts'

// So much of a turn may be taken by long work; what is begun is finished. Less makes fewer requests arrive in time to be
// computed together, more holds up probes.
const MAX_TURN_MS = 0.5
// A turn in which nothing happened takes less.
const QUIET_TURN_MS = 0.05
// Between two pieces of work other events get this many times as long as the first piece took, if there are any. libuv
// accepts one connection in a turn, so one turn between two pieces would let sixty clients wait for sixty pieces.
const OTHERS_SHARE = 2

// A shorter body is decoded in some hundred microseconds.
const LONG_BYTES = 2 ** 13

/** A long body is decoded in a turn. */
export function isLong({ length }: Buffer): boolean {
  return length >= LONG_BYTES
}

/**
 * Spreads long work over turns of the event loop. A turn has half a millisecond of it, or one longer piece. Between two of
 * them other events are handled, such as new connections and probes. Pieces are done in the order in which they came.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #turnedAt = 0
  /** Other events may take the turns until then. */
  #othersUntil = 0

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
      if (this.#waiting.length === 1) this.#planTurn()
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

/** As many steps as belong into one turn. */
function takeSome<T>(steps: Steps<T>): IteratorResult<undefined, T> {
  const endsAt = performance.now() + MAX_TURN_MS
  for (;;) {
    const step = steps.next()
    if (step.done || performance.now() >= endsAt) return step
  }
}
