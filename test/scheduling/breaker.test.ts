import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Breaker } from '../../src/scheduling/breaker.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open() {
  const pauses: number[] = []
  return { pauses, breaker: new Breaker((seconds) => pauses.push(seconds)) }
}

test('a few deaths pause nothing', () => {
  const { breaker, pauses } = open()
  breaker.record()
  breaker.record()
  breaker.check()
  expect(pauses).toEqual([])
})

test('the third death in a short time pauses the model, and says when to try again', () => {
  const { breaker, pauses } = open()
  for (let death = 0; death < 3; death++) breaker.record()
  expect(pauses).toEqual([10])
  expect(() => breaker.check()).toThrow(
    'the model is paused, as its requests keep ending the process that computes it: try again in 10 s',
  )
  vi.advanceTimersByTime(9000)
  expect(() => breaker.check()).toThrow(expect.objectContaining({ code: 'MODEL_NOT_READY', retryAfterS: 1 }))
  vi.advanceTimersByTime(1000)
  breaker.check()
})

test('a death every ten seconds pauses nothing for long, and rest gives back the whole allowance', () => {
  const { breaker } = open()
  for (let minute = 0; minute < 2; minute++) {
    for (let death = 0; death < 2; death++) breaker.record()
    breaker.check()
    vi.advanceTimersByTime(60_000)
  }
  breaker.check()
})

test('what waited while a model was paused is refused in its turn', async () => {
  const { breaker } = open()
  const run = breaker.guard(async () => [new Map()])
  expect(await run([])).toHaveLength(1)
  for (let death = 0; death < 3; death++) breaker.record()
  await expect(run([])).rejects.toMatchObject({ code: 'MODEL_NOT_READY' })
})
