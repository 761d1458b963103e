import { readConstant, readList } from './class-lists.ts'
import type { ClassLabels } from './class-lists.ts'
import type { Graph, GraphNode } from './graph.ts'
import { producersOf } from './producers.ts'
import type { ByteSource } from './wire.ts'

export interface FoundLabels {
  readonly classes: ClassLabels
  /** True if the labels are certainly in the order of the probabilities. False if other operators are in between. */
  readonly isCertain: boolean
}

const PASSES_ON = new Set(['Cast', 'Reshape', 'Identity', 'Squeeze', 'Flatten', 'Unsqueeze'])

/**
 * Finds the class labels of a file. A ZipMap that was cut off has them. Otherwise the node that
 * computes an output has them: a classifier, or a choice among constants. Nodes that only pass a
 * value on may stand in between.
 */
export function readClassLabels(
  source: ByteSource,
  graph: Graph,
  cutOff: ClassLabels | undefined,
): FoundLabels | undefined {
  if (cutOff) return { classes: cutOff, isCertain: true }
  const producers = producersOf(graph)
  // A node is read once, even if several outputs come from it.
  const seen = new Set<GraphNode>()
  for (const { name } of graph.outputs) {
    let node = producers.get(name)
    while (node && !seen.has(node)) {
      seen.add(node)
      const classes = labelsOf(source, graph, node)
      if (classes) return { classes, isCertain: false }
      node = PASSES_ON.has(node.operator) ? producers.get(node.inputs[0] ?? '') : undefined
    }
  }
  return undefined
}

function labelsOf(source: ByteSource, graph: Graph, node: GraphNode): ClassLabels | undefined {
  if (/^(TreeEnsemble|SVM|Linear)Classifier$/.test(node.operator)) {
    for (const name of ['classlabels_strings', 'classlabels_int64s', 'classlabels_ints']) {
      const labels = readList(source, node, name)
      if (labels) return labels
    }
  }
  // The classes are a constant of the file. The index of the likeliest class chooses one of them.
  const classes = node.operator === 'ArrayFeatureExtractor' && graph.initializers.get(node.inputs[0] ?? '')
  return classes ? readConstant(source, classes) : undefined
}
