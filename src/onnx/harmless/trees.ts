import type { GraphNode } from '../graph.ts'
import type { ByteSource } from '../wire.ts'
import { LEAF, readTreeLists } from './tree-lists.ts'
import type { TreeLists } from './tree-lists.ts'

// The runtime loads a tree by recursion. A tree is at most as deep as its number of nodes.
const MAX_TREE_NODES = 10_000
const MAX_COLUMN = 2 ** 31

const NODE_LISTS = ['treeids', 'nodeids', 'truenodeids', 'falsenodeids', 'featureids', 'modes'].map(
  (name) => `nodes_${name}`,
)

/**
 * Finds the reason why a TreeEnsembleClassifier or a TreeEnsembleRegressor may end the runtime. The runtime hardly checks
 * its lists. A circle in a tree is an endless loop, and a class beyond the last one ends the process.
 *
 * @returns undefined if the node is harmless.
 * @throws WireError from `readTreeLists`.
 */
export function findTreeProblem(source: ByteSource, node: GraphNode): string | undefined {
  const lists = readTreeLists(source, node)
  const prefix = node.operator === 'TreeEnsembleClassifier' ? 'class' : 'target'
  const scoreLists = ['ids', 'nodeids', 'treeids'].map((name) => `${prefix}_${name}`)
  const counts = [NODE_LISTS, scoreLists].map((names) => new Set(names.map((name) => treeList(lists, name).length)))
  if (counts.some(({ size }) => size > 1)) return 'lists of its nodes differ in length'
  const answers = prefix === 'class' ? countLabels(lists) : (treeList(lists, 'n_targets')[0] ?? 1)
  // The runtime writes an answer of two classes, also into the memory of a single one.
  if (prefix === 'class' && answers < 2) return 'it has less than two classes'
  if (!isWithin(treeList(lists, `${prefix}_ids`), answers)) return `its ${prefix}_ids are out of range`
  if (!isWithin(treeList(lists, 'nodes_featureids'), MAX_COLUMN)) return 'its nodes_featureids are out of range'
  return findCircle(lists)
}

function treeList(lists: TreeLists, name: string): readonly number[] {
  return lists.get(name) ?? []
}

function countLabels(lists: TreeLists): number {
  return Math.max(treeList(lists, 'classlabels_strings').length, treeList(lists, 'classlabels_int64s').length)
}

function isWithin(ids: readonly number[], count: number): boolean {
  return ids.every((id) => id >= 0 && id < count)
}

/** Exporters list the nodes of one tree after the other. The root is the first node of its tree. */
function findCircle(lists: TreeLists): string | undefined {
  const trees = treeList(lists, 'nodes_treeids')
  const seen = new Set<number>()
  for (let from = 0, to = 0; from < trees.length; from = to) {
    const tree = trees[from]!
    if (seen.has(tree)) return 'its trees are mixed'
    seen.add(tree)
    while (to < trees.length && trees[to] === tree) to++
    if (to - from > MAX_TREE_NODES) return `a tree has more than ${MAX_TREE_NODES} nodes`
    if (!isTree(lists, from, to)) return 'the nodes of a tree do not form a tree'
  }
  return undefined
}

/** True if each branch leads to two nodes of the same tree, no two branches lead to one node, and none to the root. */
function isTree(lists: TreeLists, from: number, to: number): boolean {
  const ids = treeList(lists, 'nodes_nodeids').slice(from, to)
  const known = new Set(ids)
  const reached = new Set([ids[0]])
  let branches = 0
  for (let index = from; index < to; index++) {
    if (treeList(lists, 'nodes_modes')[index] === LEAF) continue
    branches++
    for (const side of ['nodes_truenodeids', 'nodes_falsenodeids']) {
      const child = treeList(lists, side)[index]!
      if (!known.has(child)) return false
      reached.add(child)
    }
  }
  return known.size === ids.length && reached.size === 1 + 2 * branches
}
