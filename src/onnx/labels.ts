import { elementTypeName } from './value-info.ts'
import { readList } from './graph.ts'
import type { Graph, GraphNode } from './graph.ts'
import { fieldsOf, readIntegers, readText } from './wire.ts'
import type { ByteSource, Range } from './wire.ts'
import type { CutZipMap } from './zipmap.ts'

/** The values that a classifier answers, in the order of its probability columns. */
export type ClassLabels = readonly string[] | readonly bigint[]

export interface FoundLabels {
  readonly classes: ClassLabels
  /** Whether they are certainly those of the probabilities: something else may stand between, where they are not. */
  readonly isCertain: boolean
}

// Steps back from an output to what chose the label.
const MAX_STEPS = 16
const MAX_CLASSES = 100_000
const PASSES_ON = new Set(['Cast', 'Reshape', 'Identity', 'Squeeze', 'Flatten', 'Unsqueeze'])

/**
 * Finds the class labels: those of a ZipMap that was cut off, or of what an output comes from, through nodes that only
 * pass a value on: a classifier of trees, of a linear model or of vectors, a choice among constants.
 */
export function readClassLabels(
  source: ByteSource,
  graph: Graph,
  zipMaps: readonly CutZipMap[],
): FoundLabels | undefined {
  const [zipMap] = zipMaps
  if (zipMap) return { classes: zipMap.labels, isCertain: true }
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  for (const { name } of graph.outputs) {
    const classes = traceLabels(source, graph, producers, name)
    if (classes && classes.length <= MAX_CLASSES) return { classes, isCertain: false }
  }
  return undefined
}

function traceLabels(
  source: ByteSource,
  graph: Graph,
  producers: ReadonlyMap<string, GraphNode>,
  output: string,
): ClassLabels | undefined {
  let name: string | undefined = output
  for (let step = 0; step < MAX_STEPS && name !== undefined; step++) {
    const node = producers.get(name)
    if (!node) return undefined
    const labels = labelsOf(source, graph, node)
    if (labels) return labels
    name = PASSES_ON.has(node.operator) ? node.inputs[0] : undefined
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
  // The index of the likeliest class chooses among the classes, which stand in the file as a constant.
  const classes = node.operator === 'ArrayFeatureExtractor' && graph.initializers.get(node.inputs[0] ?? '')
  return classes ? readConstant(source, classes) : undefined
}

/** A small constant of integers or strings. */
function readConstant(source: ByteSource, range: Range): ClassLabels | undefined {
  const integers: bigint[] = []
  const texts: string[] = []
  let [elementType, raw] = ['', undefined as Range | undefined]
  for (const part of fieldsOf(source, range, 'an initializer')) {
    if (part.number === 2) elementType = elementTypeName(part.value)
    if (part.number === 5 || part.number === 7) integers.push(...readIntegers(source, part, 'a constant'))
    if (part.number === 6 && part.isBytes) texts.push(readText(source, part, 'a constant'))
    if (part.number === 9 && part.isBytes) raw = part
  }
  if (raw && raw.end - raw.start <= 8 * MAX_CLASSES) integers.push(...readRaw(source, raw, elementType))
  if (elementType === 'string') return texts
  return elementType === 'int32' || elementType === 'int64' ? integers : undefined
}

function readRaw(source: ByteSource, { start, end }: Range, elementType: string): bigint[] {
  const bytes = Buffer.from(source.read(start, end))
  const size = elementType === 'int64' ? 8 : 4
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => {
    return size === 8 ? bytes.readBigInt64LE(index * 8) : BigInt(bytes.readInt32LE(index * 4))
  })
}
