import type { Turns } from '../../core/turns.ts'

// In UTF-16 code units. Smaller slices would cost more to send than to write.
const SLICE_BYTES = 2 ** 16
// Writing a slice blocks the event loop for about this time at most.
const SLICE_MS = 0.5

/** Writes text in slices, each in a turn of the event loop. A slice is written when the caller asks for it. */
export async function* writeSlices(pieces: Iterable<string>, turns: Turns): AsyncGenerator<Buffer, void> {
  const rest = pieces[Symbol.iterator]()
  for (;;) {
    const { text, isLast } = await turns.do(() => nextSlice(rest))
    yield Buffer.from(text)
    if (isLast) return
  }
}

function nextSlice(rest: Iterator<string>): { text: string; isLast: boolean } {
  const endsAt = performance.now() + SLICE_MS
  let text = ''
  for (;;) {
    const { value, done } = rest.next()
    if (done) return { text, isLast: true }
    text += value
    if (text.length >= SLICE_BYTES || performance.now() >= endsAt) return { text, isLast: false }
  }
}

/**
 * Takes slices until they have this number of bytes together, or until the last slice.
 *
 * @returns If `isAll` is true, `taken` holds every slice. If it is false, there may be more slices.
 */
export async function takeBytes(
  slices: AsyncGenerator<Buffer, void>,
  bytes: number,
): Promise<{ taken: readonly Buffer[]; isAll: boolean }> {
  const taken: Buffer[] = []
  for (let left = bytes; left > 0;) {
    const { value, done } = await slices.next()
    if (done) return { taken, isAll: true }
    taken.push(value)
    left -= value.length
  }
  return { taken, isAll: false }
}
