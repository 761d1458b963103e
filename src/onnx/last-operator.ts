import type { Graph } from './graph.ts'
import { producersOf } from './producers.ts'

// These operators change the shape or the type of numbers. They keep their order.
const PASSES_ON = new Set([
  'Cast',
  'DequantizeLinear',
  'Dropout',
  'Flatten',
  'Identity',
  'QuantizeLinear',
  'Reshape',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
])

/**
 * Finds the operator that computes a value. Operators that only pass it on are skipped.
 *
 * @returns A name such as `Softmax`, or with its domain `ai.onnx.ml.LinearClassifier`. undefined if the value is an input
 *   or a constant.
 */
export function findLastOperator(graph: Graph, name: string): string | undefined {
  const producers = producersOf(graph)
  let node = producers.get(name)
  // A broken file may have a cycle.
  for (let left = graph.nodes.length; node && left > 0; left--) {
    if (node.domain !== '' || !PASSES_ON.has(node.operator))
      return [node.domain, node.operator].filter(Boolean).join('.')
    node = producers.get(node.inputs[0] ?? '')
  }
  return undefined
}
