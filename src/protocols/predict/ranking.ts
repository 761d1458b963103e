import type { Steps } from '../../core/steps.ts'

/** Numbers by index. */
export interface Numbers {
  readonly length: number
  readonly at: (index: number) => number | bigint
}

// To compare STEP_VALUES values, or to sort STEP_SELECTED selected values, takes at most one or two milliseconds. Filling the
// heap is a single step: a million values take about 25 milliseconds.
const STEP_VALUES = 2 ** 13
const STEP_SELECTED = 2 ** 9

/**
 * Selects the largest values, in the order of a stable sort. NaN counts as minus infinity. For small k, the time to select
 * k of n values grows with n + k · log k. The time to sort them grows with n · log n.
 *
 * @param count The number of values to select. If there are fewer, all are selected.
 * @returns Their indexes. The index of the largest value is the first.
 */
export function* selectLargest({ length, at }: Numbers, count: number): Steps<Uint32Array> {
  const isAfter = (a: number, b: number): boolean => {
    const x = orSmallest(at(a))
    const y = orSmallest(at(b))
    return x === y ? a > b : x < y
  }
  // This is a heap. Its root is the smallest of the values selected so far.
  const heap = Uint32Array.from({ length: Math.min(count, length) }, (_, index) => index)
  for (let from = (heap.length >> 1) - 1; from >= 0; from--) {
    sink(heap, from, heap.length, isAfter)
    if (from % STEP_SELECTED === 0) yield
  }
  for (let index = heap.length; index < length && heap.length > 0; index++) {
    if (index % STEP_VALUES === 0) yield
    if (!isAfter(heap[0]!, index)) continue
    heap[0] = index
    sink(heap, 0, heap.length, isAfter)
  }
  for (let end = heap.length - 1; end > 0; end--) {
    const last = heap[0]!
    heap[0] = heap[end]!
    heap[end] = last
    sink(heap, 0, end, isAfter)
    if (end % STEP_SELECTED === 0) yield
  }
  return heap
}

function orSmallest(value: number | bigint): number | bigint {
  return Number.isNaN(value) ? -Infinity : value
}

/** Moves an index down the heap, until no index below it comes after it in the order of `selectLargest`. */
function sink(heap: Uint32Array, from: number, size: number, isAfter: (a: number, b: number) => boolean): void {
  const sinking = heap[from]!
  let at = from
  for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && isAfter(heap[child + 1]!, heap[child]!)) child++
    if (!isAfter(heap[child]!, sinking)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = sinking
}
