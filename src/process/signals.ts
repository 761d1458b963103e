// This file imports nothing, so that its handlers exist early. A process with the id 1 loses signals without a handler.

/** Requests to stop, from the first moment of the process on. */
export interface StopSignals {
  /** Sets the function that a request to stop calls. `isAgain` is true for a second request. */
  handle(onStop: (isAgain: boolean) => void): void
}

// In milliseconds. npm and terminals send a signal to the process group and to its leader, so it comes twice.
const SAME_REQUEST_MS = 500

/**
 * Catches SIGTERM and SIGINT. Until `handle` is called, they end the process, because no request has been accepted yet.
 * SIGHUP, which comes when a terminal closes, and SIGUSR1, which would open the inspector of Node, are ignored.
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
