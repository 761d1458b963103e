import { vi } from 'vitest'

// How long an event may take on a machine that is busy with something else. It costs nothing where the event comes.
const PATIENCE_MS = 60_000

/** Resolves when the condition holds. */
export function waitUntil(holds: () => unknown): Promise<unknown> {
  return vi.waitUntil(holds, PATIENCE_MS)
}

/** Resolves when the assertion no longer throws. */
export function waitFor<T>(assert: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(assert, PATIENCE_MS)
}
