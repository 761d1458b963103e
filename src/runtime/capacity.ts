import type { PooledModel } from './pooled-model.ts'

type CountedModel = Pick<PooledModel, 'isResident' | 'isHarmless'>

/**
 * How many workers these models need: as many as one model may use at once, and a spare. With the spare no model waits
 * for the runs of one other, and none waits for a process to start after a model has ended the only one.
 *
 * @param size Runs of one model that are computed at once.
 */
export function workersNeeded(models: readonly CountedModel[], size: number): number {
  if (models.length === 0) return 0
  const needsSpare = models.length > 1 || (size === 1 && models.some(({ isHarmless }) => !isHarmless))
  return needsSpare ? size + 1 : size
}

/** How many workers so many models may need, whatever they turn out to be. */
export function mostWorkers(models: number, size: number): number {
  const unknown: CountedModel = { isResident: true, isHarmless: false }
  return workersNeeded(
    Array.from({ length: models }, () => unknown),
    size,
  )
}
