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
 * Proves that a graph can be computed in the process that listens. No operator may crash, loop, or allocate an amount that
 * a value gives. Element types are followed from the inputs on, because only the division of integers can crash.
 *
 * @param functions `domain.Name` of each function that the file defines.
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
  // The names of values that no request decides: they are in the file, or follow from sizes.
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

// A tree ensemble has further attributes with millions of elements. They are not read here.
const WANTED =
  'to value value_int value_ints value_float value_floats classlabels_strings classlabels_int64s classlabels_ints ' +
  'values_strings values_int64s values_floats'
