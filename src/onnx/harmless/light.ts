import type { Graph, GraphNode } from '../graph.ts'
import { PROVEN, unproven } from '../proof.ts'
import type { Proof } from '../proof.ts'
import { followRows } from '../rows/proof.ts'
import { NotProven, ROWS, over, product, rowPower, toNumber } from '../rows/sizes.ts'
import type { Size } from '../rows/sizes.ts'
import type { ProofSource, Walk } from '../rows/walk.ts'
import { WireError } from '../wire.ts'

// The maximum number of elements for one row. A run of 32 rows then takes less than 20 MB.
const MAX_ELEMENTS = 2 ** 16
// The maximum number of steps for one row. A step takes about a nanosecond at most.
const MAX_STEPS = 2 ** 19
// The runtime allocates all declared weights, even if the file has fewer.
const MAX_WEIGHTS = 2 ** 20
// Some optimizations of the runtime compare nodes with each other.
const MAX_NODES = 2000
// A number in an attribute takes this many bytes, and is used once for a row.
const BYTES_PER_STEP = 4

/**
 * Proves that a graph can be loaded and computed for the first time in the process that listens. A run of one row takes
 * little time and memory, even if the file is hostile. The rows must be proven independent, and the operators harmless.
 */
export function proveLight(file: ProofSource, graph: Graph): Proof {
  if (graph.nodes.length > MAX_NODES) return unproven(`the graph has more than ${MAX_NODES} nodes`)
  if (graph.hasSparse) return unproven('it has sparse weights')
  if (graph.externalFiles.size > 0) return unproven('its weights are in other files')
  try {
    const facts = followRows(file, graph)
    if (typeof facts === 'string') return unproven(facts)
    const weights = sum([...graph.initializers.keys()].map((name) => elementsOf(facts, name)))
    if (weights > MAX_WEIGHTS) return unproven('it has many weights')
    return checkCosts(facts, graph)
  } catch (error) {
    if (error instanceof NotProven || error instanceof WireError) return unproven(error.message)
    throw error
  }
}

function checkCosts(facts: Walk, { nodes }: Graph): Proof {
  let [elements, steps] = [0, 0]
  for (const node of nodes) {
    // ZipMap is removed, or its output is never requested.
    if (node.operator === 'ZipMap') continue
    const [read, made] = [node.inputs, node.outputs].map((names) => {
      return sum(names.filter(Boolean).map((name) => elementsOf(facts, name)))
    }) as [number, number]
    elements += made
    steps +=
      read + made * summedBy(facts, node) + ((node.end - node.start) / BYTES_PER_STEP) * tableRowsPerRow(facts, node)
    if (!(elements <= MAX_ELEMENTS && steps <= MAX_STEPS)) {
      return unproven(`${node.operator}: how long a run takes is not known, or too long`)
    }
  }
  return PROVEN
}

/** Counts the elements for each row, or all elements of a constant. @returns Infinity if the size is not known. */
function elementsOf(facts: Walk, name: string): number {
  const fact = facts.find(name)
  if (fact.kind === 'unproven' || !fact.shape) return Infinity
  const size = product(fact.shape)
  return numberOf(fact.kind === 'rows' ? over(size, ROWS) : size)
}

/** Counts the products that are summed for one element. */
function summedBy(facts: Walk, { operator, inputs }: GraphNode): number {
  if (operator !== 'MatMul' && operator !== 'Gemm') return 1
  const fact = facts.find(inputs[0]!)
  if (fact.kind === 'unproven' || !fact.shape) return Infinity
  // The sum may be over either of the last two axes. One of them may be the axis of the rows.
  return Math.max(...fact.shape.slice(-2).map((size) => numberOf(withoutRows(size))))
}

/** Counts the rows of its table that a learned operator reads for each row of the run. */
function tableRowsPerRow(facts: Walk, { inputs, domain }: GraphNode): number {
  if (domain === '' || inputs.length === 0) return 1
  const fact = facts.find(inputs[0]!)
  if (fact.kind === 'unproven' || !fact.shape) return Infinity
  return fact.shape.length === 0 ? 1 : numberOf(withoutRows(fact.shape[0]!))
}

function withoutRows(size: Size): Size {
  return rowPower(size) === 1 ? over(size, ROWS) : size
}

function numberOf(size: Size): number {
  return toNumber(size) ?? Infinity
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
