import { expect, test } from 'vitest'
import { runInOrder } from '../../src/models/in-order.ts'
import { progressText } from '../../src/models/load-progress.ts'
import type { ModelEntry } from '../../src/models/model-entry.ts'

/** Items that are done when the test says so. */
function start(items: readonly string[], limit: number) {
  const begun: string[] = []
  const told: string[] = []
  const ends = new Map<string, { finish: () => void; fail: (error: Error) => void }>()
  let isStopped = false
  const over = runInOrder(items, {
    limit,
    run: (item) =>
      new Promise<string>((resolve, reject) => {
        begun.push(item)
        ends.set(item, { finish: () => resolve(item), fail: reject })
      }),
    onResult: (result) => void told.push(result),
    isStopped: () => isStopped,
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return {
    begun,
    told,
    over,
    stop: () => (isStopped = true),
    finish: (item: string) => (ends.get(item)!.finish(), turn()),
    fail: (item: string) => (ends.get(item)!.fail(new Error(item)), turn()),
  }
}

test('runInOrder starts as many tasks as the limit allows, and reports their results in order', async () => {
  const { begun, told, over, finish } = start(['a', 'b', 'c', 'd'], 2)
  expect(begun).toEqual(['a', 'b'])
  await finish('b')
  expect([begun, told]).toEqual([['a', 'b', 'c'], []])
  await finish('a')
  expect([begun, told]).toEqual([
    ['a', 'b', 'c', 'd'],
    ['a', 'b'],
  ])
  await finish('d')
  expect(told).toEqual(['a', 'b'])
  await finish('c')
  await over
  expect(told).toEqual(['a', 'b', 'c', 'd'])
})

test('a stopped runInOrder starts no more tasks, and ends when the started tasks are done', async () => {
  const { begun, told, over, finish, stop } = start(['a', 'b', 'c'], 2)
  stop()
  await finish('a')
  await finish('b')
  await over
  expect([begun, told]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
})

test('after an error, runInOrder starts no more tasks, and fails when the started tasks are done', async () => {
  const { begun, over, finish, fail } = start(['a', 'b', 'c'], 2)
  const outcome = over.catch((error: Error) => error.message)
  await fail('a')
  await finish('b')
  expect([await outcome, begun]).toEqual(['a', ['a', 'b']])
})

test('the progress text shows how many models are done, and which are still loading', () => {
  const entry = (name: string, status: 'loading' | 'failed'): ModelEntry => {
    return { name, version: '1', file: 'x', status, error: '' }
  }
  expect(progressText([entry('a', 'failed'), entry('b', 'loading'), entry('c', 'loading')])).toBe(
    'still loading: 1 of 3 models are done; not yet: b 1, c 1',
  )
})
