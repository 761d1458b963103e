import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from '../../../src/core/turns.ts'
import { takeBytes, writeSlices } from '../../../src/http/body/text-slices.ts'

/** Pieces of a kilobyte, and how many have been written. */
function createPieces(count: number) {
  const written = { count: 0 }
  function* write(): Generator<string, void> {
    while (written.count < count) {
      written.count++
      yield 'x'.repeat(1024)
    }
  }
  return { pieces: write(), written }
}

test('a slice of a text is written when its reader asks for it, and all slices have the whole text', async () => {
  const { pieces, written } = createPieces(1000)
  const slices = writeSlices(pieces, new Turns())
  expect(written.count).toBe(0)
  const { taken, isAll } = await takeBytes(slices, 2 ** 16)
  expect(isAll).toBe(false)
  expect(written.count).toBeLessThan(200)
  const rest = await takeBytes(slices, Infinity)
  expect(rest.isAll).toBe(true)
  expect(Buffer.concat([...taken, ...rest.taken]).equals(Buffer.alloc(1000 * 1024, 'x'))).toBe(true)
})

test('the event loop has a turn between two slices of a text', async () => {
  const seen: number[] = []
  const { pieces, written } = createPieces(1000)
  const all = takeBytes(writeSlices(pieces, new Turns()), Infinity)
  while (written.count < 1000) {
    seen.push(written.count)
    await nextTurn()
  }
  await all
  // A slice has at most 64 of these pieces.
  expect(new Set(seen).size).toBeGreaterThanOrEqual(1000 / 64)
})
