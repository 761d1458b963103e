import type { Graph, GraphNode } from './graph.ts'

/** The node that computes each value, by the name of the value. No node computes inputs and initializers. */
export type Producers = ReadonlyMap<string, GraphNode>

export function producersOf({ nodes }: Graph): Producers {
  const producers = new Map<string, GraphNode>()
  for (const node of nodes) for (const output of node.outputs) producers.set(output, node)
  return producers
}

/** Finds the node that computes an input of a node. */
export function producerOf(producers: Producers, node: GraphNode | undefined, input = 0): GraphNode | undefined {
  return producers.get(node?.inputs[input] ?? '')
}

/** Follows a value back through operators that only pass it on. @returns The value itself if there are no such operators. */
export function valueBehind(producers: Producers, name: string, passesOn: ReadonlySet<string>): string {
  let found = name
  // A broken file may have a cycle.
  for (let left = producers.size; left > 0; left--) {
    const node = producers.get(found)
    if (!node || !passesOn.has(node.operator)) return found
    found = node.inputs[0] ?? ''
  }
  return found
}
