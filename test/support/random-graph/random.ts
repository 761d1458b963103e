export type Random = (below: number) => number

/** Equal seeds make equal numbers. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)]!
}

export function shuffled(random: Random, length: number): number[] {
  return Array.from({ length }, (_, index) => [random(1000), index] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, index]) => index)
}
