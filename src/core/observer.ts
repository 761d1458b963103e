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
  /**
   * Called once for each model that was tried, before its examples.json is computed. So the result also hears these
   * examples. The model may still fail then.
   *
   * @param view The same object as `Model.view`.
   * @returns Listens to this model.
   */
  readonly ofModel?: (view: ModelView) => ModelObserver
  /**
   * A worker process has ended by itself, or the server killed it for a fault, such as a run that took too long. A worker
   * that only tries a model is not reported.
   */
  readonly workerDied?: (death: WorkerDeath) => void
}

/** Listens to the requests and runs of one model. Each decoded request ends with `completed` or with `failed`. */
export interface ModelObserver {
  /** A request was refused before its body was decoded. The model has no room for it, is paused, or shuts down. */
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
   * A run ended. Its request may have failed.
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
