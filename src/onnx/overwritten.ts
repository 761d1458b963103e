import { integerOf, readAttributes } from './attributes.ts'
import { graphsWithin } from './graph.ts'
import type { Graph, GraphNode } from './graph.ts'
import { producersOf, valueBehind } from './producers.ts'
import type { ByteSource } from './wire.ts'

// The positions of the inputs for mean and variance. The runtime writes into these inputs.
const WRITTEN = [3, 4]
// The runtime removes these operators. Their readers then read the input of the operator.
const REMOVED = new Set(['Identity'])

/**
 * Finds a parameter into which a BatchNormalization in training mode writes, and which another node reads. ONNX Runtime
 * does not copy it, so each run would change the answers of the next one.
 *
 * @returns The name of the first such parameter, if any.
 */
export function findOverwritten(source: ByteSource, whole: Graph): string | undefined {
  const graphs = [...graphsWithin(source, whole)]
  const training = graphs.flatMap(({ nodes }) => nodes.filter((node) => isTraining(source, node)))
  if (training.length === 0) return undefined
  const producers = producersOf({ ...whole, nodes: graphs.flatMap(({ nodes }) => nodes) })
  const originOf = (name: string): string => valueBehind(producers, name, REMOVED)
  const reads = new Map<string, number>()
  for (const { nodes, outputs } of graphs) {
    const readers = nodes.filter(({ operator }) => !REMOVED.has(operator)).flatMap(({ inputs }) => inputs)
    for (const name of [...readers, ...outputs.map((output) => output.name)]) {
      reads.set(originOf(name), (reads.get(originOf(name)) ?? 0) + 1)
    }
  }
  const written = training.flatMap(({ inputs }) => WRITTEN.map((place) => originOf(inputs[place] ?? '')))
  return written.find((name) => (reads.get(name) ?? 0) > 1)
}

function isTraining(source: ByteSource, node: GraphNode): boolean {
  if (node.operator !== 'BatchNormalization' || node.domain !== '') return false
  return integerOf(readAttributes(source, node), 'training_mode', 0) === 1
}
