import type { PooledModel } from './pooled-model.ts'

type CountedModel = Pick<PooledModel, 'isResident' | 'isHarmless'>

/**
 * Returns the number of workers that these models need: as many as one model may use at the same time, and often a spare.
 * With the spare, a model does not wait for the runs of one other model. And if a model ends the only worker, the next
 * request does not wait for a process to start.
 *
 * @param size Most workers that compute one model at the same time.
 */
export function workersNeeded(models: readonly CountedModel[], size: number): number {
  if (models.length === 0) return 0
  const needsSpare = models.length > 1 || (size === 1 && models.some(({ isHarmless }) => !isHarmless))
  return needsSpare ? size + 1 : size
}

/** Returns the most workers that this number of models may need, before anything is known about them. */
export function mostWorkers(models: number, size: number): number {
  const unknown: CountedModel = { isResident: true, isHarmless: false }
  return workersNeeded(
    Array.from({ length: models }, () => unknown),
    size,
  )
}
