// Imports nothing: a process with the id 1 loses signals for which it has no handler.

/** Requests to stop, from the first moment of the process on. */
export interface StopSignals {
  /** Replaces what a request to stop does. `isAgain` is true for a second request. */
  handle(onStop: (isAgain: boolean) => void): void
}

// npm and terminals send the same signal to the process group and to its leader, so it comes twice.
const SAME_REQUEST_MS = 500

/**
 * Catches SIGTERM and SIGINT. Until `handle` is called, one of them ends the process: nothing has been accepted yet.
 * SIGHUP comes when a terminal closes, and does nothing. SIGUSR1 would open Node's inspector, and does nothing either.
 */
export function catchSignals(): StopSignals {
  let onStop: ((isAgain: boolean) => void) | undefined
  let firstAt: number | undefined
  const stop = (): void => {
    const now = performance.now()
    const isAgain = firstAt !== undefined
    if (isAgain && now - firstAt! < SAME_REQUEST_MS) return
    firstAt ??= now
    if (onStop) onStop(isAgain)
    else process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  for (const signal of ['SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => undefined)
  return {
    handle(next) {
      onStop = next
    },
  }
}
