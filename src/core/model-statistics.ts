/** A number of events, and the sum of their durations in milliseconds. */
export interface Count {
  readonly count: number
  readonly ms: number
}

/** The counts of a model since it was loaded. */
export interface Statistics {
  /** Requests that were answered. The time counts from when they were accepted. */
  readonly success: Count
  /** Requests that were refused, dropped, or could not be computed. */
  readonly fail: Count
  /** Answered requests, and the time that they waited. */
  readonly queue: Count
  /** Answered requests, and the time in which they were computed. */
  readonly compute: Count
  /** Rows that were computed. A request counts as one row if the model has no batch axis. */
  readonly rows: number
  /** Runs, by their number of rows. */
  readonly runs: ReadonlyMap<number, Count>
  /** The time at which the last request ended, on the clock of `Date.now()`. 0 before the first request. */
  readonly lastRequestAt: number
}
