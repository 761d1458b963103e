import { describe, expect, test, vi } from 'vitest'
import { BufferPool, sharedRelease } from '../../src/core/buffer-pool.ts'

const LARGE = 600_000

describe('a pool of buffers', () => {
  test('a pool of buffers hands out a buffer again after its owner has released it', () => {
    const pool = new BufferPool()
    const first = pool.take(LARGE)
    const { buffer } = first.bytes
    expect(pool.take(LARGE).bytes.buffer).not.toBe(buffer)
    first.release()
    const again = pool.take(LARGE + 1)
    expect(again.bytes.buffer).toBe(buffer)
    expect(again.bytes).toHaveLength(LARGE + 1)
  })

  test('a pool of buffers never gives one buffer to two owners, even if the first releases it twice', () => {
    const pool = new BufferPool()
    const first = pool.take(LARGE)
    first.release()
    const second = pool.take(LARGE)
    first.release()
    expect(pool.take(LARGE).bytes.buffer).not.toBe(second.bytes.buffer)
  })

  test.each([0, 1, 65_535, 2 ** 23 + 1])('a pool of buffers does not keep a buffer of %i bytes', (length) => {
    const pool = new BufferPool()
    const owned = pool.take(length)
    expect(owned.bytes).toHaveLength(length)
    owned.release()
    expect(pool.take(length).bytes.buffer).not.toBe(owned.bytes.buffer)
  })

  test('a pool of buffers hands out buffers that are at most 1.5 times as large as needed', () => {
    const pool = new BufferPool()
    for (const length of [2 ** 16, 2 ** 16 + 1, 100_000, LARGE, 2 ** 23]) {
      expect(pool.take(length).bytes.buffer.byteLength).toBeLessThan(length * 1.51)
    }
  })

  test('a pool of buffers keeps no more than 32 MB', () => {
    const pool = new BufferPool()
    const owned = Array.from({ length: 6 }, () => pool.take(2 ** 23))
    for (const each of owned) each.release()
    const kept = new Set(owned.map(({ bytes }) => bytes.buffer))
    const taken = Array.from({ length: 6 }, () => pool.take(2 ** 23).bytes.buffer)
    expect(taken.filter((buffer) => kept.has(buffer))).toHaveLength(4)
  })
})

test('a buffer with several owners is released by the last of them', () => {
  const release = vi.fn<() => void>()
  const part = sharedRelease(2, release)
  part()
  expect(release).not.toHaveBeenCalled()
  part()
  expect(release).toHaveBeenCalledTimes(1)
})
