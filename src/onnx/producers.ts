import type { Graph, GraphNode } from './graph.ts'

/** Which node computes a value, by its name. Inputs and initializers have none. */
export type Producers = ReadonlyMap<string, GraphNode>

export function producersOf({ nodes }: Graph): Producers {
  const producers = new Map<string, GraphNode>()
  for (const node of nodes) for (const output of node.outputs) producers.set(output, node)
  return producers
}

/** The node that computes one of a node's inputs. */
export function producerOf(producers: Producers, node: GraphNode | undefined, input = 0): GraphNode | undefined {
  return producers.get(node?.inputs[input] ?? '')
}

/** The value that a value comes from, behind operators that pass it on; itself where none does. */
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
