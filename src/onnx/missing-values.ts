import { readAttributes } from './attributes.ts'
import { ColumnProofs } from './column-proofs.ts'
import type { MissingProofs } from './column-proofs.ts'
import { COLUMN_RULES } from './column-rules.ts'
import { hasMissing } from './columns.ts'
import type { Columns } from './columns.ts'
import { graphsWithin } from './graph.ts'
import type { Graph, GraphNode, PlacedValue } from './graph.ts'
import { readSmallTensor } from './small-tensor.ts'
import { WireError } from './wire.ts'
import type { ByteSource, Range } from './wire.ts'

const FLOATS = new Set(['float16', 'float32', 'float64'])
// The maximum number of columns of all inputs together.
const MAX_COLUMNS = 100_000
// The maximum number of columns and constants of all nodes together. Each takes time and memory.
const MAX_STEPS = 2_000_000

/**
 * Follows the columns of tables through a graph. A column is proven if at least one node handles its missing values, and
 * every other node that gets them passes them on unchanged. A node handles them by replacing them. An ensemble of trees
 * handles them if the file records the branch of a missing value.
 *
 * @param producer The producer of the file and its version.
 * @returns An empty map if some input is no table [rows, columns], or if there are too many columns.
 */
export function proveMissing(source: ByteSource, graph: Graph, producer: string): MissingProofs {
  const proofs = new ColumnProofs()
  const columns = placeInputs(graph, proofs)
  try {
    const constants = new Map(graph.initializers)
    if (proofs.count > 0) followNodes({ source, graph, producer, proofs, columns, constants, stepsLeft: MAX_STEPS })
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    // If the file is broken, the runtime refuses it. Here nothing is proven.
    proofs.refuseAll(`the file cannot be followed: ${error.message}`)
  }
  return proofs.byInput()
}

interface Walk {
  readonly source: ByteSource
  readonly graph: Graph
  readonly producer: string
  readonly proofs: ColumnProofs
  /** The columns of each tensor that has been followed, by name. */
  readonly columns: Map<string, Columns>
  /** The place of each constant in the file, by name. */
  readonly constants: Map<string, Range>
  stepsLeft: number
}

/** Places the columns of each input. @returns An empty map if there are too many, or if an input is no table. */
function placeInputs({ inputs, initializers }: Graph, proofs: ColumnProofs): Map<string, Columns> {
  const tables = inputs.filter(({ name }) => !initializers.has(name)).map(readTable)
  const total = tables.reduce((sum, table) => sum + (table?.width ?? 1), 0)
  if (total > MAX_COLUMNS) return new Map()
  const columns = new Map<string, Columns>()
  for (const table of tables) {
    if (!table) return new Map()
    const { name, width, isFloat } = table
    // If the number of columns is free, one column represents all of them.
    if (isFloat) columns.set(name, { at: proofs.add(name, width ?? 1), isPlaced: width !== undefined })
    else if (width !== undefined) columns.set(name, { at: Array.from({ length: width }), isPlaced: true })
  }
  return columns
}

interface InputTable {
  readonly name: string
  readonly width: number | undefined
  readonly isFloat: boolean
}

function readTable({ name, type }: PlacedValue): InputTable | undefined {
  if (type.kind !== 'tensor' || type.shape?.length !== 2) return undefined
  const width = type.shape[1]
  const isKnown = typeof width === 'number' && width > 0
  return { name, width: isKnown ? width : undefined, isFloat: FLOATS.has(type.elementType) }
}

function followNodes(walk: Walk): void {
  const { source, graph, columns } = walk
  const unmade = new Set(graph.nodes.flatMap(({ outputs }) => outputs))
  for (const node of graph.nodes) {
    const names = [...node.inputs, ...namesWithin(source, graph, node)]
    // The runtime sorts nodes. Without topological order, this walk would miss columns.
    if (names.some((name) => name !== '' && unmade.has(name))) throw new WireError('its nodes are in no usable order')
    for (const name of node.outputs) unmade.delete(name)
    for (const name of names) spend(walk, columns.get(name)?.at.length ?? 0)
    followNode(walk, node, names)
  }
  for (const { name } of graph.outputs) refuseColumns(walk, name, `the model answers it in ${name}`)
}

function followNode(walk: Walk, node: GraphNode, names: readonly string[]): void {
  const { columns } = walk
  if (node.operator === 'Constant') return placeConstant(walk, node)
  if (!names.some((name) => columns.has(name))) return
  const result = applyRule(walk, node, names)
  const [output] = node.outputs
  if (result && output !== undefined) columns.set(output, result)
  if (!result)
    for (const name of names) refuseColumns(walk, name, `the operator ${node.operator} is not known to handle it`)
}

/** @returns undefined if the columns cannot be followed through the node. */
function applyRule(walk: Walk, node: GraphNode, names: readonly string[]): Columns | undefined {
  const { source, producer, proofs, columns, constants } = walk
  const rule = COLUMN_RULES.get(node.domain === '' ? node.operator : `${node.domain}.${node.operator}`)
  const inputs = node.inputs.map((name) => columns.get(name))
  // A graph within the node may read further values of the outer graph.
  const isWhole = names.length === node.inputs.length
  const isAsked = inputs.some((input) => input?.missingOf !== undefined)
  if (!rule || !isWhole || (isAsked && node.operator !== 'Where')) return undefined
  return rule({
    source,
    producer,
    node,
    inputs,
    attributes: () => readAttributes(source, node),
    constant(index) {
      const place = constants.get(node.inputs[index] ?? '')
      const tensor = place && readSmallTensor(source, place, MAX_COLUMNS)
      spend(walk, tensor?.values?.length ?? 0)
      return tensor
    },
    handle: proofs.handle,
    refuse: proofs.refuse,
    refuseAll: proofs.refuseAll,
  })
}

/** @throws WireError after more steps than any model of tables needs. */
function spend(walk: Walk, steps: number): void {
  walk.stepsLeft -= steps
  if (walk.stepsLeft < 0) throw new WireError('it has too many columns and nodes')
}

function placeConstant({ source, constants }: Walk, node: GraphNode): void {
  const tensor = readAttributes(source, node).get('value')?.tensor
  const [output] = node.outputs
  if (tensor && output !== undefined) constants.set(output, tensor)
}

/** Lists the inputs of all nodes in the graphs within a node, and the outputs of these graphs. Some are outer values. */
function namesWithin(source: ByteSource, graph: Graph, node: GraphNode): string[] {
  const [, ...inner] = graphsWithin(source, { ...graph, nodes: [node] })
  return inner.flatMap(({ nodes, outputs }) => [
    ...nodes.flatMap(({ inputs }) => inputs),
    ...outputs.map(({ name }) => name),
  ])
}

function refuseColumns({ proofs, columns }: Walk, name: string, why: string): void {
  const found = columns.get(name)
  if (!found || !hasMissing(found)) return
  for (const column of found.at) if (column !== undefined) proofs.refuse(column, why)
}
