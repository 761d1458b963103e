/**
 * Hands out the indexes of values, that of the largest first. Equal ones come in their order, and NaN is as small as
 * minus infinity. To select k of n values takes time that grows with n + k · log n, where sorting takes n · log n.
 *
 * @returns Gives the next index each time that it is called, at most as often as there are values.
 */
export function rankLargest(values: ArrayLike<number | bigint>): () => number {
  const heap = Uint32Array.from(values, (_, index) => index)
  const isBefore = (a: number, b: number): boolean => {
    const [x, y] = [orSmallest(values[a]!), orSmallest(values[b]!)]
    return x === y ? a < b : x > y
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap, at, heap.length, isBefore)
  let size = heap.length
  return () => {
    const first = heap[0]!
    size--
    heap[0] = heap[size]!
    sink(heap, 0, size, isBefore)
    return first
  }
}

function orSmallest(value: number | bigint): number | bigint {
  return Number.isNaN(value) ? -Infinity : value
}

/** Lets an index sink to where none below it goes before it. */
function sink(heap: Uint32Array, from: number, size: number, isBefore: (a: number, b: number) => boolean): void {
  const sinking = heap[from]!
  let at = from
  for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && isBefore(heap[child + 1]!, heap[child]!)) child++
    if (!isBefore(heap[child]!, sinking)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = sinking
}
