import { integerOf, readAttributes } from './attributes.ts'
import { graphsWithin } from './graph.ts'
import type { Graph, GraphNode } from './graph.ts'
import { producersOf, valueBehind } from './producers.ts'
import type { ByteSource } from './wire.ts'

// Places of the mean and the variance, into which the runtime writes.
const WRITTEN = [3, 4]
// The runtime removes these operators, and gives the reader what they read.
const REMOVED = new Set(['Identity'])

/**
 * Finds a parameter into which a BatchNormalization in training mode writes, and which is read elsewhere as well. ONNX
 * Runtime does not copy it, so each run would change the answers of the next.
 *
 * @returns The name of the first one; undefined where there is none.
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
