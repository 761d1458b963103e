import type { ModelObserver } from '../../src/core/observer.ts'

/** An observer of one model that keeps the name and the arguments of each event. */
export function recordEvents() {
  const events: unknown[][] = []
  const record =
    (name: keyof ModelObserver) =>
    (...values: readonly unknown[]): void =>
      void events.push([name, ...values])
  const observer: ModelObserver = {
    refused: record('refused'),
    completed: record('completed'),
    failed: record('failed'),
    ran: record('ran'),
  }
  return { events, observer }
}
