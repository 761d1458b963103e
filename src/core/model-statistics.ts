/** How often something was done, and how long that took in all. */
export interface Count {
  readonly count: number
  readonly ms: number
}

/** What a model has done since it was loaded. */
export interface Statistics {
  /** Requests that were answered, from when they were accepted. */
  readonly success: Count
  /** Requests that were refused, dropped or could not be computed. */
  readonly fail: Count
  readonly queue: Count
  readonly compute: Count
  /** Rows that were computed; one a request where the model has no batch axis. */
  readonly rows: number
  /** Runs by how many rows they had. */
  readonly runs: ReadonlyMap<number, Count>
  /** When the last request was accepted, as `Date.now()` tells it; 0 before the first. */
  readonly lastRequestAt: number
}
