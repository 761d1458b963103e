interface InOrderOptions<T, R> {
  /** Most that are done at once. */
  readonly limit: number
  readonly run: (item: T, index: number) => Promise<R>
  /** Called with each result in the order of the items, as soon as it and all before it are there. */
  readonly onResult: (result: R) => void
  /** No further item is begun once this is true. */
  readonly isStopped: () => boolean
}

/**
 * Does something with each item, several at once.
 *
 * @throws What `run` throws, when all that were begun are over.
 */
export async function runInOrder<T, R>(items: readonly T[], options: InOrderOptions<T, R>): Promise<void> {
  const { limit, run, onResult, isStopped } = options
  const results = new Map<number, R>()
  const queue = items.entries()
  let told = 0
  let hasFailed = false
  const workOff = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (hasFailed || isStopped()) return
      results.set(index, await run(item, index))
      for (; results.has(told); told++) onResult(results.get(told)!)
    }
  }
  const workers = Array.from({ length: limit }, () =>
    workOff().catch((error: unknown) => {
      hasFailed = true
      throw error
    }),
  )
  for (const outcome of await Promise.allSettled(workers)) if (outcome.status === 'rejected') throw outcome.reason
}
