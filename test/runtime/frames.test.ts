import { expect, test, vi } from 'vitest'
import { FrameReader, toFrame } from '../../src/runtime/frames.ts'

const frames = ['one', 'two', 'three'].map((text) => toFrame({ text }, [Buffer.from(text)]))
const stream = Buffer.concat(frames)

function* chunksOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test.each([1, 3, 7, 8, 9, 31, 1000])('frames are found in a stream that comes in chunks of %i bytes', (size) => {
  const reader = new FrameReader()
  const found = [...chunksOf(stream, size)].flatMap((chunk) => reader.read(chunk))
  expect(found.map(({ head }) => head)).toEqual([{ text: 'one' }, { text: 'two' }, { text: 'three' }])
  // The bytes of a frame are padded. What the padding holds is undefined.
  const texts = found.map(({ head, bytes }) =>
    Buffer.from(bytes)
      .toString()
      .slice(0, (head as { text: string }).text.length),
  )
  expect(texts).toEqual(['one', 'two', 'three'])
})

test('a large frame is copied only once, even if it comes in many chunks', () => {
  const concat = vi.spyOn(Buffer, 'concat')
  const reader = new FrameReader()
  const large = toFrame({}, [Buffer.alloc(2 ** 22)])
  const found = [...chunksOf(large, 2 ** 14)].flatMap((chunk) => reader.read(chunk))
  const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0)
  concat.mockRestore()
  expect(found).toHaveLength(1)
  expect(copied).toBeLessThan(1.1 * large.length)
})
