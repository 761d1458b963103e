import { WireError, checkCount, fieldsOf, readText } from './wire.ts'
import type { ByteSource, Field, Range } from './wire.ts'
import { readValueInfo } from './value-info.ts'
import type { ValueInfo } from './value-info.ts'

// Fields of GraphProto, NodeProto, AttributeProto and TensorProto, by number.
// @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

/** A node of the file. Its attributes are read later, if they are needed. */
export interface GraphNode extends Range {
  /** The first byte of its field, including the tag. */
  readonly from: number
  readonly operator: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** A value of a graph, with its place in the file. */
export interface PlacedValue extends ValueInfo {
  readonly from: number
  readonly end: number
}

export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly inputs: readonly PlacedValue[]
  readonly outputs: readonly PlacedValue[]
  /** The place of each initializer in the file, by name. */
  readonly initializers: ReadonlyMap<string, Range>
  /** Files beside the model that hold weights of this graph, or of its Constant nodes. */
  readonly externalFiles: ReadonlySet<string>
  /** Some initializers are written sparsely. The runtime makes all of their elements when it loads them. */
  readonly hasSparse: boolean
}

// No exporter writes so many. A node or a value takes much more memory than it has bytes in the file.
const MAX_NODES = 50_000
const MAX_NAMES = 250_000
const MAX_VALUES = 10_000
const MAX_INITIALIZERS = 50_000
const MAX_DEPTH = 16
const EXTERNAL = 1n
const MAX_ENTRY_BYTES = 2 ** 16

/** @throws WireError if the range is no graph. */
export function readGraph(source: ByteSource, range: Range): Graph {
  const nodes: GraphNode[] = []
  const inputs: PlacedValue[] = []
  const outputs: PlacedValue[] = []
  const initializers = new Map<string, Range>()
  const externalFiles = new Set<string>()
  let names = 0
  let hasSparse = false
  for (const field of fieldsOf(source, range, 'the graph')) {
    if (!field.isBytes) continue
    if (field.number === 1) {
      const node = readNode(source, field)
      nodes.push(node)
      names += node.inputs.length + node.outputs.length
      if (node.operator === 'Constant') addExternalConstants(source, node, externalFiles)
    } else if (field.number === 5) addInitializer(source, field, initializers, externalFiles)
    else if (field.number === 11) addValue(source, field, inputs, 'inputs')
    else if (field.number === 12) addValue(source, field, outputs, 'outputs')
    else if (field.number === 15) hasSparse = true
    checkCount(nodes.length, MAX_NODES, 'nodes', 'the graph')
    checkCount(names, MAX_NAMES, 'inputs and outputs of nodes', 'the graph')
    checkCount(initializers.size, MAX_INITIALIZERS, 'initializers', 'the graph')
  }
  return { nodes, inputs, outputs, initializers, externalFiles, hasSparse }
}

function readNode(source: ByteSource, { from, start, end }: Field): GraphNode {
  const inputs: string[] = []
  const outputs: string[] = []
  let [operator, domain] = ['', '']
  for (const part of fieldsOf(source, { start, end }, 'a node')) {
    if (!part.isBytes) continue
    if (part.number === 1) inputs.push(readText(source, part, 'the name of an input'))
    else if (part.number === 2) outputs.push(readText(source, part, 'the name of an output'))
    else if (part.number === 4) operator = readText(source, part, 'an operator')
    else if (part.number === 7) domain = readText(source, part, 'a domain')
    checkCount(inputs.length, MAX_VALUES, 'inputs', 'a node')
    checkCount(outputs.length, MAX_VALUES, 'outputs', 'a node')
  }
  if (operator === '') throw new WireError('a node has no operator')
  return { from, start, end, operator, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs }
}

function addValue(source: ByteSource, field: Field, values: PlacedValue[], what: string): void {
  const { name, type } = readValueInfo(source, field)
  values.push({ name, type, from: field.from, end: field.end })
  checkCount(values.length, MAX_VALUES, what, 'the graph')
}

function addInitializer(
  source: ByteSource,
  field: Field,
  initializers: Map<string, Range>,
  externalFiles: Set<string>,
): void {
  const { name, location } = readTensorHead(source, field, 'an initializer')
  if (name !== undefined) initializers.set(name, { start: field.start, end: field.end })
  if (location !== undefined) externalFiles.add(location)
}

/** Reads the name of a tensor. `location` is the file with its elements, if that is another file. */
function readTensorHead(source: ByteSource, range: Range, what: string): { name?: string; location?: string } {
  let [name, location] = [undefined as string | undefined, undefined as string | undefined]
  let isExternal = false
  for (const part of fieldsOf(source, range, what)) {
    if (part.number === 8 && part.isBytes) name = readText(source, part, `the name of ${what}`)
    else if (part.number === 13 && part.isBytes) {
      const [key, value] = readEntry(source, part)
      if (key === 'location') location = value
    } else if (part.number === 14) isExternal = part.value === EXTERNAL
  }
  return { ...(name !== undefined && { name }), ...(isExternal && location !== undefined && { location }) }
}

function addExternalConstants(source: ByteSource, node: GraphNode, externalFiles: Set<string>): void {
  for (const attribute of attributesOf(source, node)) {
    for (const part of fieldsOf(source, attribute, 'an attribute')) {
      if (part.number !== 5 || !part.isBytes) continue
      const { location } = readTensorHead(source, part, 'a constant')
      if (location !== undefined) externalFiles.add(location)
    }
  }
}

/** Reads a StringStringEntryProto. */
export function readEntry(source: ByteSource, range: Range): [key: string, value: string] {
  let [key, value] = ['', '']
  for (const part of fieldsOf(source, range, 'an entry')) {
    if (part.number === 1 && part.isBytes) key = readText(source, part, 'a key')
    // Some exporters put whole files into a value. Nothing here needs them.
    if (part.number === 2 && part.isBytes && part.end - part.start <= MAX_ENTRY_BYTES)
      value = readText(source, part, key)
  }
  return [key, value]
}

/** Finds the places of the attributes of a node in the file. */
export function* attributesOf(source: ByteSource, node: GraphNode): Generator<Range> {
  for (const part of fieldsOf(source, node, 'a node')) if (part.number === 5 && part.isBytes) yield part
}

// Operators with graphs in their attributes: those of the standard, and BeamSearch and others of com.microsoft.
const HOLDS_GRAPHS = /^(If|Loop|Scan|SequenceMap|\w*Search|Sampling)$/

/** Visits a graph and every graph within its nodes, depth first. Only the graphs on one path are in memory. */
export function* graphsWithin(source: ByteSource, graph: Graph, depth = 0): Generator<Graph> {
  if (depth > MAX_DEPTH) throw new WireError(`graphs are nested more than ${MAX_DEPTH} deep`)
  yield graph
  for (const node of graph.nodes) {
    if (!HOLDS_GRAPHS.test(node.operator)) continue
    for (const attribute of attributesOf(source, node)) {
      for (const part of fieldsOf(source, attribute, 'an attribute')) {
        if ((part.number !== 6 && part.number !== 11) || !part.isBytes) continue
        yield* graphsWithin(source, readGraph(source, part), depth + 1)
      }
    }
  }
}
