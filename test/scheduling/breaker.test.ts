import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Breaker } from '../../src/scheduling/breaker.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open() {
  const pauses: number[] = []
  return { pauses, breaker: new Breaker((seconds) => pauses.push(seconds)) }
}

test('two deaths of workers do not pause the model', () => {
  const { breaker, pauses } = open()
  breaker.record()
  breaker.record()
  breaker.check()
  expect(pauses).toEqual([])
})

test('the third death of a worker in a short time pauses the model, and the error says for how long', () => {
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

test('two deaths of workers in every minute do not pause the model', () => {
  const { breaker } = open()
  for (let minute = 0; minute < 2; minute++) {
    for (let death = 0; death < 2; death++) breaker.record()
    breaker.check()
    vi.advanceTimersByTime(60_000)
  }
  breaker.check()
})

test('a run that has waited until its model was paused is refused in its turn', async () => {
  const { breaker } = open()
  const run = breaker.guard(async () => [new Map()])
  expect(await run([])).toHaveLength(1)
  for (let death = 0; death < 3; death++) breaker.record()
  await expect(run([])).rejects.toMatchObject({ code: 'MODEL_NOT_READY' })
})
