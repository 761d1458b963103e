import type { Death } from './deaths.ts'
import type { Frame } from './frames.ts'
import type { Reply } from './messages.ts'

/** The result of a call. If the process has ended, some replies are missing. */
export interface Outcome {
  readonly replies: readonly Reply[]
  readonly death?: Death
}

export interface Expected {
  /** Number of replies; 1 if absent. */
  readonly expected?: number
  /** The longest time until each reply, in milliseconds. */
  readonly maxMs?: number
  readonly onReply?: (reply: Reply, bytes: Uint8Array) => void
}

interface PendingCall {
  readonly expected: number
  readonly replies: Reply[]
  readonly timer: NodeJS.Timeout | undefined
  readonly onReply: Expected['onReply']
  readonly resolve: (outcome: Outcome) => void
}

/** Calls of a worker that wait for their replies. Replies come in the order of the calls. */
export class PendingCalls {
  readonly #calls: PendingCall[] = []
  readonly #onTooSlow: (maxMs: number) => void

  /** @param onTooSlow Called when a reply takes longer than it may. */
  constructor(onTooSlow: (maxMs: number) => void) {
    this.#onTooSlow = onTooSlow
  }

  add({ expected = 1, maxMs, onReply }: Expected): Promise<Outcome> {
    const timer = maxMs === undefined ? undefined : setTimeout(() => this.#onTooSlow(maxMs), maxMs)
    return new Promise((resolve) => this.#calls.push({ expected, replies: [], timer, onReply, resolve }))
  }

  /** @throws Error if the reply does not fit the call. */
  settle({ head, bytes }: Frame): void {
    const [call] = this.#calls
    if (!call) return
    const reply = head as Reply
    call.onReply?.(reply, bytes)
    call.replies.push(reply)
    call.timer?.refresh()
    if (call.replies.length < call.expected) return
    this.#calls.shift()
    clearTimeout(call.timer)
    call.resolve({ replies: call.replies })
  }

  /** Ends all calls, because no further reply comes. */
  end(death: Death): void {
    for (const { replies, timer, resolve } of this.#calls.splice(0)) {
      clearTimeout(timer)
      resolve({ replies, death })
    }
  }
}
