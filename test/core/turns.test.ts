import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Turns } from '../../src/core/turns.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Time passes; by default, more than a turn may have. */
function workLong(ms = 2): void {
  vi.advanceTimersByTime(ms)
}

/** Counts the turns of the event loop while something is done. */
async function countingTurns(during: (turn: () => number) => Promise<void>): Promise<void> {
  const counter = { turn: 0, isOn: true }
  const count = async (): Promise<void> => {
    while (counter.isOn) {
      await nextTurn()
      counter.turn++
    }
  }
  const counted = count()
  await during(() => counter.turn)
  counter.isOn = false
  await counted
}

test('long pieces of work are done in order, each in its own turn of the event loop', async () => {
  const turns = new Turns()
  const done: { who: number; turn: number }[] = []
  await countingTurns(async (turn) => {
    const work = (who: number) =>
      turns.do(() => {
        workLong()
        return done.push({ who, turn: turn() })
      })
    expect(await Promise.all([0, 1, 2, 3, 4].map(work))).toEqual([1, 2, 3, 4, 5])
  })
  expect(done.map(({ who }) => who)).toEqual([0, 1, 2, 3, 4])
  expect(new Set(done.map(({ turn }) => turn)).size).toBe(5)
})

test('work in many pieces lets the pieces of other work in between', async () => {
  const turns = new Turns()
  const done: string[] = []
  const work = async (who: string): Promise<void> => {
    for (let slice = 0; slice < 3; slice++) await turns.do(() => done.push(who))
  }
  await Promise.all([work('a'), work('b')])
  expect(done).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
})

test('events that take a turn each, such as new connections, are handled between two pieces of work', async () => {
  const turns = new Turns()
  const done: string[] = []
  const pieces = [1, 2].map((piece) =>
    turns.do(() => {
      workLong(20)
      done.push(`piece ${piece}`)
    }),
  )
  await pieces[0]
  for (let event = 0; event < 10; event++) {
    done.push('event')
    workLong(1)
    await nextTurn()
  }
  await pieces[1]
  expect(done).toEqual(['piece 1', ...Array.from({ length: 10 }, () => 'event'), 'piece 2'])
})

test('events without end do not keep long work from its turn', async () => {
  const turns = new Turns()
  const work = vi.fn(() => workLong())
  const all = Promise.all([1, 2, 3].map(() => turns.do(work)))
  while (work.mock.calls.length < 3) {
    workLong(1)
    await nextTurn()
  }
  await all
})

test('a piece of work that throws does not fail the other pieces', async () => {
  const turns = new Turns()
  const failing = turns.do(() => {
    throw new Error('no')
  })
  const next = turns.do(() => 'yes')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
  expect(await turns.do(() => 'again')).toBe('again')
})
