import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from '../../src/core/turns.ts'

/** Takes longer than a turn may be taken up. */
function workLong(): void {
  const startedAt = performance.now()
  while (performance.now() < startedAt + 2) continue
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

test('long pieces of work that come together are done in order, each in a turn of the event loop of its own', async () => {
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

test('who has a lot to do lets others in between', async () => {
  const turns = new Turns()
  const done: string[] = []
  const work = async (who: string): Promise<void> => {
    for (let slice = 0; slice < 3; slice++) await turns.do(() => done.push(who))
  }
  await Promise.all([work('a'), work('b')])
  expect(done).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
})

test('work that throws fails alone', async () => {
  const turns = new Turns()
  const failing = turns.do(() => {
    throw new Error('no')
  })
  const next = turns.do(() => 'yes')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
  expect(await turns.do(() => 'again')).toBe('again')
})
