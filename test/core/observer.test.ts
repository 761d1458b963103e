import { expect, test } from 'vitest'
import { combineObservers } from '../../src/core/observer.ts'
import { recordEvents } from '../support/observers.ts'
import { tableView } from '../support/views.ts'

const TIMINGS = { queueMs: 1, computeMs: 2, batchSize: 3 }

test('every observer of a model gets every event', () => {
  const [first, second] = [recordEvents(), recordEvents()]
  const combined = combineObservers([{ ofModel: () => first.observer }, {}, { ofModel: () => second.observer }])
  const observer = combined.ofModel(tableView())
  observer.refused('QUEUE_FULL')
  observer.completed(TIMINGS)
  observer.failed('CANCELLED', 4)
  observer.ran(5, 6)
  expect(first.events).toEqual([
    ['refused', 'QUEUE_FULL'],
    ['completed', TIMINGS],
    ['failed', 'CANCELLED', 4],
    ['ran', 5, 6],
  ])
  expect(second.events).toEqual(first.events)
})

test('a model with one observer calls it directly', () => {
  const { observer } = recordEvents()
  expect(combineObservers([{}, { ofModel: () => observer }]).ofModel(tableView())).toBe(observer)
})

test('a model without observers has one that does nothing', () => {
  expect(() => combineObservers([]).ofModel(tableView()).completed(TIMINGS)).not.toThrow()
})

test('every observer that listens to workers learns of the death of a worker', () => {
  const causes: string[] = []
  const observer = { workerDied: ({ cause }: { cause: string }) => void causes.push(cause) }
  combineObservers([observer, {}, observer]).workerDied({ cause: 'fault', reason: 'SIGFPE', file: undefined })
  expect(causes).toEqual(['fault', 'fault'])
})
