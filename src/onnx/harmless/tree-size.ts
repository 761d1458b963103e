import { attributesOf } from '../graph.ts'
import type { GraphNode } from '../graph.ts'
import { fieldsOf, integersOf, readText } from '../wire.ts'
import type { ByteSource, Range } from '../wire.ts'

// A tree is no deeper than it has nodes.
export const MAX_TREE_NODES = 10_000
// Reading them takes time. A forest with more is not computed inline, since its file is too large.
const MAX_FOREST_NODES = 2_000_000

const FIELD = { name: 1, ints: 8 } as const

/** True when a tree of a TreeEnsemble may be deeper than MAX_TREE_NODES. Exporters list the nodes tree after tree. */
export function hasLargeTree(source: ByteSource, node: GraphNode): boolean {
  for (const attribute of attributesOf(source, node)) {
    let isTreeIds = false
    for (const field of fieldsOf(source, attribute, 'an attribute')) {
      if (field.number === FIELD.name && field.isBytes) {
        isTreeIds = readText(source, field, 'the name of an attribute') === 'nodes_treeids'
      }
      if (field.number !== FIELD.ints) continue
      if (isTreeIds) return hasLongRun(idsOf(source, attribute))
      break
    }
  }
  return false
}

function* idsOf(source: ByteSource, attribute: Range): Generator<bigint> {
  for (const field of fieldsOf(source, attribute, 'an attribute')) {
    if (field.number === FIELD.ints) yield* integersOf(source, field, 'nodes_treeids')
  }
}

function hasLongRun(ids: Iterable<bigint>): boolean {
  const counts = new Map<bigint, number>()
  let total = 0
  for (const id of ids) {
    const count = (counts.get(id) ?? 0) + 1
    if (count > MAX_TREE_NODES || ++total > MAX_FOREST_NODES) return true
    counts.set(id, count)
  }
  return false
}
