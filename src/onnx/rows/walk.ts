import { hasText } from '../attribute-lists.ts'
import { readAttributes } from '../attributes.ts'
import { readGraph } from '../graph.ts'
import type { Graph, GraphNode } from '../graph.ts'
import { readSmallTensor } from '../small-tensor.ts'
import { WireError } from '../wire.ts'
import type { ByteSource, Range } from '../wire.ts'
import type { Operation } from './operation.ts'
import { ByChance, NotProven, sizeOf, unknownSize } from './sizes.ts'
import { findRule, isDeterministic, isKnownDomain } from './table.ts'
import { checkTaken } from './taken.ts'
import { constant } from './value.ts'
import type { Value } from './value.ts'

/** A value that the proof could not follow, with the reason. */
interface Unproven {
  readonly kind: 'unproven'
  readonly reason: string
}

type Fact = Value | Unproven

export interface ProofSource {
  readonly source: ByteSource
  /** The version of each domain. */
  readonly opsets: ReadonlyMap<string, number>
  /** `domain.Name` of each function that the file defines. */
  readonly functions: ReadonlySet<string>
}

const MAX_DEPTH = 16

/** The facts about the values of one graph, and of the graphs around it. */
export class Walk {
  readonly #file: ProofSource
  readonly #graph: Graph
  readonly #around: Walk | undefined
  readonly #depth: number
  readonly #facts = new Map<string, Fact>()
  #isWalked = false
  #unknown = 0

  constructor(file: ProofSource, graph: Graph, around: Walk | undefined, depth: number) {
    if (depth > MAX_DEPTH) throw new NotProven('graphs are nested too deep')
    this.#file = file
    this.#graph = graph
    this.#around = around
    this.#depth = depth
  }

  /** Returns the facts about a value, by its name. */
  find(name: string): Fact {
    this.#walk()
    const own = this.#facts.get(name)
    if (own) return own
    const initializer = this.#graph.initializers.get(name)
    if (initializer) {
      const fact = this.tensor(initializer)
      this.#facts.set(name, fact)
      return fact
    }
    return (
      this.#around?.find(name) ?? {
        kind: 'unproven',
        reason: `the value ${JSON.stringify(name.slice(0, 100))} comes from nowhere`,
      }
    )
  }

  bind(name: string, value: Value): void {
    this.#facts.set(name, value)
  }

  tensor(range: Range): Value {
    const { shape, values } = readSmallTensor(this.#file.source, range)
    const known = values?.every((value) => Number.isFinite(value)) ? values.map(sizeOf) : undefined
    return constant(shape.map(sizeOf), known)
  }

  #walk(): void {
    if (this.#isWalked) return
    this.#isWalked = true
    for (const node of this.#graph.nodes) {
      const facts = this.#follow(node)
      for (const [index, name] of node.outputs.entries()) if (name !== '') this.#facts.set(name, facts(index))
    }
  }

  /** @returns A function that returns the facts about an output of the node, by its index. */
  #follow(node: GraphNode): (output: number) => Fact {
    const label = node.domain === '' ? node.operator : `${node.domain}.${node.operator}`
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.find(name)))
    const missing = inputs.find((fact) => fact?.kind === 'unproven')
    if (missing) return () => missing
    try {
      const made = this.#apply(node, inputs as (Value | undefined)[])
      return (output) =>
        made(output) ?? { kind: 'unproven', reason: `${label}: nothing is known of its output ${output}` }
    } catch (error) {
      if (!(error instanceof NotProven || error instanceof WireError)) throw error
      const reason = `${label}: ${error.message}`
      return () => ({ kind: 'unproven', reason })
    }
  }

  #apply(node: GraphNode, inputs: readonly (Value | undefined)[]): (output: number) => Value | undefined {
    const { operator, domain } = node
    if (this.#file.functions.has(`${domain}.${operator}`)) throw new NotProven('it is a function of the file')
    if (!isDeterministic(operator)) throw new ByChance('it is made by chance')
    for (const [index, value] of inputs.entries()) checkTaken(operator, index, value)
    const isConstant = inputs.every((value) => !value || value.kind === 'constant') && !HOLDS_GRAPH.has(operator)
    const rule = findRule(domain, operator)
    if (!rule && isConstant && isKnownDomain(domain)) return () => constant()
    if (!rule) throw new NotProven('it is not known to keep rows apart')
    try {
      const made = rule(this.#operation(node, inputs))
      if (!('kind' in made)) return (output) => made[output]
      const others = isConstant ? constant() : undefined
      return (output) => (output === 0 ? made : others)
    } catch (error) {
      // A value that is computed from constants alone is a constant, even if its shape is not known.
      if (isConstant && error instanceof NotProven && !(error instanceof ByChance)) return () => constant()
      throw error
    }
  }

  #operation(node: GraphNode, inputs: readonly (Value | undefined)[]): Operation {
    const { source, opsets } = this.#file
    return {
      operator: node.operator,
      opset: opsets.get(node.domain) ?? 1,
      inputs: trimmed(inputs),
      outputCount: node.outputs.length,
      attributes: (...names) => readAttributes(source, node, names),
      hasText: (name, text) => hasText(source, node, name, text),
      unknownSize: (key) => unknownSize(key ?? `${this.#depth}#${this.#count()}`),
      within: (range, values) => this.#within(range, values),
      tensor: (range) => this.tensor(range),
      constantOf: (values, shape) =>
        constant(shape.map(sizeOf), values.every(Number.isFinite) ? values.map(sizeOf) : undefined),
      isClosed: (range, states) => this.#isClosed(range, states),
    }
  }

  #count(): number {
    // No two unknown sizes of a file may have the same name. So inner graphs use the counter of the outermost graph.
    return this.#around ? this.#around.#count() : this.#unknown++
  }

  #within(range: Range, values: readonly Value[]): Value[] {
    const graph = readGraph(this.#file.source, range)
    const inner = new Walk(this.#file, graph, this, this.#depth + 1)
    for (const [index, { name }] of graph.inputs.entries()) {
      const value = values[index]
      if (!value) throw new NotProven('a graph within it misses an input')
      inner.bind(name, value)
    }
    return graph.outputs.map(({ name }) => {
      const fact = inner.find(name)
      if (fact.kind === 'unproven') throw new NotProven(fact.reason)
      return fact
    })
  }

  #isClosed(range: Range, states: number): boolean {
    const graph = readGraph(this.#file.source, range)
    const own = new Set(graph.inputs.map(({ name }) => name))
    for (const node of graph.nodes) {
      if (HOLDS_GRAPH.has(node.operator) || !isDeterministic(node.operator) || !findRule(node.domain, node.operator))
        return false
      if (this.#file.functions.has(`${node.domain}.${node.operator}`)) return false
      for (const name of node.inputs) {
        const isOwn = name === '' || own.has(name) || graph.initializers.has(name)
        if (!isOwn && this.find(name).kind !== 'constant') return false
      }
      for (const name of node.outputs) own.add(name)
    }
    return graph.inputs.slice(0, states).every(({ name }, index) => isHandedOn(graph, name, graph.outputs[index]?.name))
  }
}

const HOLDS_GRAPH = new Set(['If', 'Loop', 'Scan', 'SequenceMap'])

/** True if an output is the input itself. Only Identity nodes may stand between them. */
function isHandedOn(graph: Graph, input: string, output: string | undefined): boolean {
  const identities = graph.nodes.filter(({ operator, domain }) => operator === 'Identity' && domain === '')
  const sources = new Map(identities.map(({ inputs, outputs }) => [outputs[0], inputs[0]]))
  let name = output
  for (let left = sources.size; left > 0 && name !== input && name !== undefined; left--) name = sources.get(name)
  return name === input
}

/** Removes omitted optional inputs from the end of the list. */
function trimmed(inputs: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  return inputs.slice(0, inputs.findLastIndex((value) => value !== undefined) + 1)
}
