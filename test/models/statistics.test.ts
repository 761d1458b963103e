import { expect, test } from 'vitest'
import { ServingError } from '../../src/core/errors.ts'
import { StatisticsKeeper } from '../../src/models/statistics.ts'

test('counts what is refused before it is decoded, as whatever fails later', async () => {
  const statistics = new StatisticsKeeper()
  const full = new ServingError('QUEUE_FULL', 'full')
  const refuse = () => {
    throw full
  }
  expect(() => statistics.observeRefusal(refuse)).toThrow(full)
  await expect(statistics.observe(Promise.reject(full))).rejects.toThrow(full)
  statistics.observeRefusal(() => undefined)
  expect(statistics).toMatchObject({ fail: { count: 2 }, success: { count: 0 } })
  expect(statistics.lastRequestAt).toBeGreaterThan(0)
})
