import { WireError, fieldsOf, readIntegers, readText } from './wire.ts'
import type { ByteSource, Field, Range } from './wire.ts'
import { readValueInfo } from './value-info.ts'
import type { ValueInfo } from './value-info.ts'

// Fields of GraphProto, NodeProto, AttributeProto and TensorProto, by number.
// @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

/** A node as it stands in the file; its attributes are read when they are asked for. */
export interface GraphNode extends Range {
  /** Where its field begins, the tag included. */
  readonly from: number
  readonly operator: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: readonly Range[]
}

/** A value of a graph, and where it stands. */
export interface PlacedValue extends ValueInfo {
  readonly from: number
  readonly end: number
}

export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly inputs: readonly PlacedValue[]
  readonly outputs: readonly PlacedValue[]
  /** Where each initializer stands, by name. */
  readonly initializers: ReadonlyMap<string, Range>
  /** Files beside the model that hold weights. */
  readonly externalFiles: ReadonlySet<string>
}

// Far beyond any model; a file with more was not written by an exporter.
const MAX_NODES = 100_000
const MAX_DEPTH = 16
const EXTERNAL = 1n
const MAX_ENTRY_BYTES = 2 ** 16

/** @throws WireError when it is no graph. */
export function readGraph(source: ByteSource, range: Range): Graph {
  const graph = {
    nodes: [] as GraphNode[],
    inputs: [] as PlacedValue[],
    outputs: [] as PlacedValue[],
    initializers: new Map<string, Range>(),
    externalFiles: new Set<string>(),
  }
  for (const field of fieldsOf(source, range, 'the graph')) {
    if (!field.isBytes) continue
    if (field.number === 1) graph.nodes.push(readNode(source, field))
    else if (field.number === 5) addInitializer(source, field, graph.initializers, graph.externalFiles)
    else if (field.number === 11)
      graph.inputs.push({ ...readValueInfo(source, field), from: field.from, end: field.end })
    else if (field.number === 12)
      graph.outputs.push({ ...readValueInfo(source, field), from: field.from, end: field.end })
    if (graph.nodes.length > MAX_NODES) throw new WireError(`the graph has more than ${MAX_NODES} nodes`)
  }
  return graph
}

function readNode(source: ByteSource, field: Field): GraphNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes: Range[] = []
  let [operator, domain] = ['', '']
  for (const part of fieldsOf(source, field, 'a node')) {
    if (!part.isBytes) continue
    if (part.number === 1) inputs.push(readText(source, part, 'the name of an input'))
    else if (part.number === 2) outputs.push(readText(source, part, 'the name of an output'))
    else if (part.number === 4) operator = readText(source, part, 'an operator')
    else if (part.number === 5) attributes.push({ start: part.start, end: part.end })
    else if (part.number === 7) domain = readText(source, part, 'a domain')
  }
  return { from: field.from, start: field.start, end: field.end, operator, domain, inputs, outputs, attributes }
}

function addInitializer(
  source: ByteSource,
  field: Field,
  initializers: Map<string, Range>,
  externalFiles: Set<string>,
): void {
  let isExternal = false
  const locations: string[] = []
  for (const part of fieldsOf(source, field, 'an initializer')) {
    if (part.number === 8 && part.isBytes) {
      initializers.set(readText(source, part, 'the name of an initializer'), { start: field.start, end: field.end })
    } else if (part.number === 13 && part.isBytes) {
      const [key, value] = readEntry(source, part)
      if (key === 'location') locations.push(value)
    } else if (part.number === 14) isExternal = part.value === EXTERNAL
  }
  if (isExternal) for (const location of locations) externalFiles.add(location)
}

/** A StringStringEntryProto. */
export function readEntry(source: ByteSource, range: Range): [key: string, value: string] {
  let [key, value] = ['', '']
  for (const part of fieldsOf(source, range, 'an entry')) {
    if (part.number === 1 && part.isBytes) key = readText(source, part, 'a key')
    // Some exporters put whole files there, which nothing here needs.
    if (part.number === 2 && part.isBytes && part.end - part.start <= MAX_ENTRY_BYTES)
      value = readText(source, part, key)
  }
  return [key, value]
}

/** The integers or strings of an attribute, if the node has it. */
export function readList(source: ByteSource, node: GraphNode, name: string): bigint[] | string[] | undefined {
  const attribute = node.attributes.find((range) => attributeName(source, range) === name)
  if (!attribute) return undefined
  const integers: bigint[] = []
  const texts: string[] = []
  for (const part of fieldsOf(source, attribute, `the attribute ${name}`)) {
    if (part.number === 8) integers.push(...readIntegers(source, part, `the attribute ${name}`))
    if (part.number === 9 && part.isBytes) texts.push(readText(source, part, `the attribute ${name}`))
  }
  return texts.length > 0 ? texts : integers.length > 0 ? integers : undefined
}

/** Exporters write the name first, so what may be long behind it is not read. */
function attributeName(source: ByteSource, range: Range): string | undefined {
  for (const part of fieldsOf(source, range, 'an attribute')) {
    if (part.number === 1 && part.isBytes) return readText(source, part, 'the name of an attribute')
  }
  return undefined
}

/** Whether a loop stands among nodes, or in a graph within one of them: the time of a run then depends on its values. */
export function hasLoop(source: ByteSource, nodes: readonly GraphNode[], depth = 0): boolean {
  if (depth > MAX_DEPTH) throw new WireError(`graphs are nested more than ${MAX_DEPTH} deep`)
  return nodes.some(({ operator, attributes }) => {
    if (operator === 'Loop' || operator === 'Scan' || operator === 'SequenceMap') return true
    return (
      operator === 'If' &&
      attributes.some((range) => innerGraphs(source, range).some((graph) => hasLoop(source, graph, depth + 1)))
    )
  })
}

function innerGraphs(source: ByteSource, attribute: Range): GraphNode[][] {
  const graphs: GraphNode[][] = []
  for (const part of fieldsOf(source, attribute, 'an attribute')) {
    if ((part.number === 6 || part.number === 11) && part.isBytes) graphs.push([...readGraph(source, part).nodes])
  }
  return graphs
}
