import type { ErrorCode } from './errors.ts'
import type { Timings } from './inference.ts'
import type { ModelView } from './model-view.ts'
import type { WorkerDeath } from './worker-death.ts'

/**
 * Listens to what happens in the server. Statistics are one observer, the log of events is another. The composition
 * root passes all observers to the floors, so a new one changes no other floor. A listener must be quick and must not
 * throw: it runs on the way of each request.
 */
export interface Observer {
  /** Called once when a model is loaded, with the same object as `Model.view`. The result listens to this model. */
  readonly ofModel?: (view: ModelView) => ModelObserver
  /** A worker process has ended by itself, or the server ended it because of a run. */
  readonly workerDied?: (death: WorkerDeath) => void
}

/** Listens to the requests and runs of one model. Each accepted request ends with `completed` or with `failed`. */
export interface ModelObserver {
  /** A request was refused before its body was decoded, because the model has no room for it or is paused. */
  refused(code: ErrorCode): void
  /** A request was computed. */
  completed(timings: Timings): void
  /**
   * A decoded request was refused, was dropped, or could not be computed.
   *
   * @param code undefined if a bug of the server is the cause.
   * @param ms Milliseconds since the request was decoded.
   */
  failed(code: ErrorCode | undefined, ms: number): void
  /**
   * A run ended, with or without an error.
   *
   * @param rows Rows of the run; 1 if the model has no batch axis.
   * @param ms Milliseconds from when a worker took it. Runs that were sent together get equal shares.
   */
  ran(rows: number, ms: number): void
}

/** Passes each event to every observer, in their order. */
export function combineObservers(observers: readonly Observer[]): Required<Observer> {
  return {
    ofModel(view) {
      const listeners = observers.map((observer) => observer.ofModel?.(view)).filter((each) => each !== undefined)
      const [only, second] = listeners
      return only && !second ? only : combineListeners(listeners)
    },
    workerDied(death) {
      for (const observer of observers) observer.workerDied?.(death)
    },
  }
}

function combineListeners(listeners: readonly ModelObserver[]): ModelObserver {
  return {
    refused(code) {
      for (const each of listeners) each.refused(code)
    },
    completed(timings) {
      for (const each of listeners) each.completed(timings)
    },
    failed(code, ms) {
      for (const each of listeners) each.failed(code, ms)
    },
    ran(rows, ms) {
      for (const each of listeners) each.ran(rows, ms)
    },
  }
}
