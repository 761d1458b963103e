interface InOrderOptions<T, R> {
  /** Most items that are run at the same time. */
  readonly limit: number
  readonly run: (item: T, index: number) => Promise<R>
  /** Called with each result in the order of the items, as soon as the results of all items before it are there. */
  readonly onResult: (result: R) => void
  /** No further item is begun once this is true. */
  readonly isStopped: () => boolean
}

/**
 * Runs a function for each item, several at the same time.
 *
 * @throws The error of `run`, after all items that were begun have ended. No further item is begun.
 */
export async function runInOrder<T, R>(items: readonly T[], options: InOrderOptions<T, R>): Promise<void> {
  const { limit, run, onResult, isStopped } = options
  const results = new Map<number, R>()
  const queue = items.entries()
  let reported = 0
  let hasFailed = false
  const takeItems = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (hasFailed || isStopped()) return
      results.set(index, await run(item, index))
      for (; results.has(reported); reported++) onResult(results.get(reported)!)
    }
  }
  const workers = Array.from({ length: limit }, () =>
    takeItems().catch((error: unknown) => {
      hasFailed = true
      throw error
    }),
  )
  for (const outcome of await Promise.allSettled(workers)) if (outcome.status === 'rejected') throw outcome.reason
}
