import { expect, test } from 'vitest'
import { ServingError } from '../../src/core/errors.ts'
import { StatisticsKeeper } from '../../src/models/statistics.ts'

test('counts a request for a model without a batch axis as one row, whatever the size of its first axis', async () => {
  const statistics = new StatisticsKeeper(false)
  const run = statistics.counting(async (requests) => requests.map(({ inputs }) => inputs))
  await run([{ inputs: new Map([['x', { dataType: 'float32', shape: [784], data: new Float32Array(784) }]]) }])
  expect(statistics.rows).toBe(1)
  expect([...statistics.runs.keys()]).toEqual([1])
})

test('counts what is refused before it is decoded, as whatever fails later', async () => {
  const statistics = new StatisticsKeeper(true)
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
