import type { Graph } from '../graph.ts'
import { PROVEN, unproven } from '../proof.ts'
import type { Proof } from '../proof.ts'
import { WireError } from '../wire.ts'
import { NotProven, ROWS, isWhole, over, sizeOf, unknownSize } from './sizes.ts'
import type { Size } from './sizes.ts'
import { rowsAlong } from './value.ts'
import { Walk } from './walk.ts'
import type { ProofSource } from './walk.ts'

/**
 * Proves that rows are independent. Every output then has one row for each row of the inputs, and computes it from that row
 * alone. The values and the number of the other rows do not matter.
 *
 * @param outputs The names of the tensors that are answered.
 * @returns Without a proof, the reason and the operator that stopped it. A broken file has no proof.
 */
export function proveRows(file: ProofSource, graph: Graph, outputs: readonly string[]): Proof {
  try {
    const facts = followRows(file, graph)
    const reason = typeof facts === 'string' ? facts : reasonAgainst(facts, outputs)
    return reason === undefined ? PROVEN : unproven(reason)
  } catch (error) {
    if (error instanceof NotProven || error instanceof WireError) return unproven(error.message)
    throw error
  }
}

/** Follows all values of a graph. The rows are along the first axis of every input. @returns A reason if they are not. */
export function followRows(file: ProofSource, graph: Graph): Walk | string {
  const facts = new Walk(file, graph, undefined, 0)
  return bindInputs(facts, graph) ?? facts
}

/** Binds the first axis of every input to the rows. @returns The reason if an input has no such axis. */
function bindInputs(facts: Walk, graph: Graph): string | undefined {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name))
  for (const { name, type } of inputs) {
    const shape = type.kind === 'tensor' ? type.shape : undefined
    const [first, ...others] = shape ?? []
    if (!shape || shape.length === 0 || isFixed(first)) return `axis 0 of input ${name} is fixed or unknown`
    if (typeof first === 'string' && others.includes(first)) return `input ${name} has its rows along two axes`
    const sizes = others.map((size, index) => toSize(size, `${index + 1} of ${name}`))
    facts.bind(name, rowsAlong(0, [ROWS, ...sizes]))
  }
  return inputs.length === 0 ? 'it has no inputs' : undefined
}

/** Finds the reason why an output is not proven to have one row for each row of the inputs. */
function reasonAgainst(facts: Walk, outputs: readonly string[]): string | undefined {
  for (const name of outputs) {
    const fact = facts.find(name)
    if (fact.kind === 'unproven') return fact.reason
    if (fact.kind !== 'rows' || fact.axis !== 0 || fact.padding !== undefined) {
      return `output ${name} does not have its rows along axis 0`
    }
    const perRow = over(fact.shape[0]!, ROWS)
    // Names may remain, because an unknown size may be 1. The code that splits the answer checks its number of rows.
    const isOnePerRow = isWhole(perRow) && perRow.numerator === 1
    if (!isOnePerRow) return `output ${name} does not have one row for each row`
  }
  return undefined
}

function isFixed(size: number | string | undefined): boolean {
  return typeof size === 'number' && size >= 0
}

/** Gives each free axis its own size. The runtime does not check that axes of one name have one size. */
function toSize(size: number | string | undefined, place: string): Size {
  return typeof size === 'number' && size > 0 ? sizeOf(size) : unknownSize(`axis ${place}`)
}
