import type { Graph } from './graph.ts'

// The standard's loops, and com.microsoft's BeamSearch and the like.
const LOOPS = /^(Loop|Scan|SequenceMap|\w*Search|Sampling)$/

// Which inputs say how large the output is: a value there decides how long a run takes.
const SIZES: Readonly<Record<string, readonly number[]>> = {
  Range: [0, 1, 2],
  ConstantOfShape: [0],
  Expand: [1],
  Tile: [1, 2],
  Resize: [1, 2, 3],
  Upsample: [1],
  Pad: [1],
  OneHot: [1],
  NonMaxSuppression: [2],
}
const SIZE_OPERATORS = new Set(Object.keys(SIZES))

/**
 * Whether the time that a graph takes depends on the values that it is given, and not on their number alone: by a loop, or
 * by a size that is computed from them. Names from around a graph within a node may be anything.
 */
export function hasOpenEnd({ nodes, initializers }: Graph): boolean {
  // Names of what is the same whatever the values are. Nodes stand behind those that they take from.
  const settled = new Set<string>(['', ...initializers.keys()])
  for (const { operator, inputs, outputs } of nodes) {
    if (LOOPS.test(operator)) return true
    const sizes = SIZE_OPERATORS.has(operator) ? SIZES[operator]! : []
    if (sizes.some((index) => !settled.has(inputs[index] ?? ''))) return true
    const isSettled = operator === 'Shape' || operator === 'Size' || inputs.every((name) => settled.has(name))
    if (isSettled && operator !== 'If') for (const name of outputs) settled.add(name)
  }
  return false
}
