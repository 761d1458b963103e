import { readAttributes } from '../attributes.ts'
import type { Graph } from '../graph.ts'
import { PROVEN, unproven } from '../proof.ts'
import type { Proof } from '../proof.ts'
import { readSmallTensor } from '../small-tensor.ts'
import type { ByteSource } from '../wire.ts'
import { WireError } from '../wire.ts'
import { typesOfOutputs } from './element-types.ts'
import type { TypedNode } from './element-types.ts'
import { findHarm } from './operators.ts'

/**
 * Proves that a graph can be computed in the process that listens: no operator of it can crash, loop, or allocate as much
 * as a value says. Element types are followed from the inputs on, because integers are divided otherwise than floats.
 *
 * @param functions `domain.Name` of the functions that the file brings along.
 */
export function proveHarmless(source: ByteSource, graph: Graph, functions: ReadonlySet<string>): Proof {
  const [first] = functions
  if (first !== undefined) return unproven(`the file brings functions of its own, such as ${first}`)
  try {
    return checkOperators(source, graph)
  } catch (error) {
    if (error instanceof WireError) return unproven(error.message)
    throw error
  }
}

function checkOperators(source: ByteSource, graph: Graph): Proof {
  const types = new Map<string, string | undefined>()
  for (const { name, type } of graph.inputs) types.set(name, type.kind === 'tensor' ? type.elementType : undefined)
  for (const [name, range] of graph.initializers) types.set(name, readSmallTensor(source, range).elementType)
  // Names of what no value of a request decides: it is in the file, or comes from sizes.
  const settled = new Set(graph.initializers.keys())
  for (const node of graph.nodes) {
    const typed: TypedNode = {
      source,
      node,
      attributes: readAttributes(source, node, WANTED.split(' ')),
      types: node.inputs.map((name) => types.get(name)),
      isSettled: node.inputs.map((name) => name === '' || settled.has(name)),
    }
    const harm = findHarm(typed)
    if (harm !== undefined) return unproven(`${[node.domain, node.operator].filter(Boolean).join('.')}: ${harm}`)
    const found = typesOfOutputs(typed)
    for (const [index, name] of node.outputs.entries()) types.set(name, found[index])
    const isSized = node.operator === 'Shape' || node.operator === 'Size'
    if (isSized || typed.isSettled.every(Boolean)) for (const name of node.outputs) settled.add(name)
  }
  return PROVEN
}

// A tree ensemble has lists of millions beside these.
const WANTED =
  'to value value_int value_ints value_float value_floats classlabels_strings classlabels_int64s classlabels_ints ' +
  'values_strings values_int64s values_floats'
