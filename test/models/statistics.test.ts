import { expect, test } from 'vitest'
import { StatisticsObserver } from '../../src/models/statistics.ts'
import { tableView } from '../support/views.ts'

test('the statistics count the answered, refused and failed requests of each model separately', () => {
  const statistics = new StatisticsObserver()
  const [view, other] = [tableView(), tableView()]
  const observer = statistics.ofModel(view)
  statistics.ofModel(other)
  observer.completed({ queueMs: 2, computeMs: 3, batchSize: 8 })
  observer.refused('QUEUE_FULL')
  observer.failed('CANCELLED', 7)
  expect(statistics.statisticsOf(view)).toMatchObject({
    success: { count: 1, ms: 5 },
    queue: { count: 1, ms: 2 },
    compute: { count: 1, ms: 3 },
    fail: { count: 2, ms: 7 },
  })
  expect(statistics.statisticsOf(view).lastRequestAt).toBeGreaterThan(0)
  expect(statistics.statisticsOf(other)).toMatchObject({ success: { count: 0 }, fail: { count: 0 }, lastRequestAt: 0 })
})

test('the statistics count runs by their number of rows', () => {
  const statistics = new StatisticsObserver()
  const view = tableView()
  const observer = statistics.ofModel(view)
  for (const rows of [8, 1, 8]) observer.ran(rows, 2)
  expect(statistics.statisticsOf(view).rows).toBe(17)
  expect([...statistics.statisticsOf(view).runs]).toEqual([
    [8, { count: 2, ms: 4 }],
    [1, { count: 1, ms: 2 }],
  ])
})
