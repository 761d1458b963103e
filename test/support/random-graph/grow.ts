import { InferenceSession, Tensor } from 'onnxruntime-node'
import { writeModel } from '../graph-writer.ts'
import type { Graph, Node, Placed } from '../graph-writer.ts'
import { PROBE_ROWS, SIZES } from './draft.ts'
import type { Draft, Known, Maker } from './draft.ts'
import { DRAFTS } from './drafts.ts'
import { createRandom, pick } from './random.ts'
import type { Random } from './random.ts'

/** A graph made by chance of which every node could be computed for `PROBE_ROWS` rows. */
export interface RandomGraph {
  readonly graph: Graph
  readonly opset: number
  /** Its inputs, whose first axis holds the rows. */
  readonly inputs: readonly Known[]
  /** What its nodes make. */
  readonly values: readonly Known[]
}

export type Feeds = Readonly<Record<string, Tensor>>

const MAX_ATTEMPTS = 160
const MAX_ELEMENTS = 5000
const WORDS = ['a', 'b', 'c', 'a b', 'b c', 'c a b', 'b  a', '']

interface Growing {
  readonly random: Random
  readonly opset: number
  readonly values: Known[]
  readonly tensors: Map<string, Tensor>
  nodes: readonly Node[]
  constants: NonNullable<Graph['constants']>
}

/** Grows a graph node by node to about so many nodes. Nodes that the runtime refuses are left out. */
export async function growGraph(seed: number, nodes: number): Promise<RandomGraph> {
  const random = createRandom(seed)
  const { placed, inputs } = buildSampleInputs(random)
  const feeds = toFeeds(inputs, PROBE_ROWS, random)
  const growing: Growing = {
    random,
    opset: pick(random, [11, 13, 17]),
    values: [...inputs],
    tensors: new Map(Object.entries(feeds)),
    nodes: [],
    constants: {},
  }
  const maker = createMaker(growing)
  for (let attempt = 0; attempt < MAX_ATTEMPTS && growing.nodes.length < nodes; attempt++) {
    await grow(growing, pick(random, DRAFTS)(maker))
  }
  const graph: Graph = { nodes: growing.nodes, inputs: placed, outputs: [], constants: growing.constants }
  return { graph, opset: growing.opset, inputs, values: growing.values.slice(inputs.length) }
}

function buildSampleInputs(random: Random): { placed: Placed[]; inputs: Known[] } {
  const rank = 1 + random(4)
  const shape = [PROBE_ROWS, ...Array.from({ length: rank - 1 }, () => pick(random, SIZES))]
  // The runtime does not compare sizes of one name.
  const name = pick(random, [(axis: number) => shape[axis]!, (axis: number) => `d${axis}`, () => 'd'])
  const inputs: Known[] = [{ name: 'x', shape, type: 'float32' }]
  const placed: Placed[] = [{ name: 'x', shape: shape.map((_, axis) => (axis === 0 ? 'N' : name(axis))) }]
  if (random(3) === 0) {
    const columns = pick(random, [[], [1], [2]])
    inputs.push({ name: 'words', shape: [PROBE_ROWS, ...columns], type: 'string' })
    placed.push({ name: 'words', shape: ['N', ...columns], type: 'string' })
  }
  return { placed, inputs }
}

/** Inputs of so many rows. */
export function toFeeds(inputs: readonly Known[], rows: number, random: Random): Feeds {
  return Object.fromEntries(
    inputs.map(({ name, type, shape: [, ...inner] }) => {
      const shape = [rows, ...inner]
      const size = shape.reduce((a, b) => a * b, 1)
      if (type !== 'string') return [name, new Tensor('float32', toNumbers(size, random), shape)]
      const words = Array.from({ length: size }, () => pick(random, WORDS))
      return [name, new Tensor('string', words, shape)]
    }),
  )
}

/** Whole numbers, of which products and sums are exact; another scale for each call. */
function toNumbers(size: number, random: Random): Float32Array {
  const scale = pick(random, [1, 0.5, 4, -2])
  return Float32Array.from({ length: size }, () => (random(9) - 4) * scale)
}

function createMaker({ random, opset, values }: Growing): Maker {
  let count = 0
  return {
    random,
    opset,
    name: () => `v${count++}`,
    value(fits = () => true) {
      const fitting = values.filter(fits)
      if (fitting.length === 0) return values[0]!
      const rowLike = fitting.filter(({ shape }) => shape[0] === PROBE_ROWS)
      const chosen = random(3) > 0 && rowLike.length > 0 ? rowLike : fitting
      // One in six is of any age, so that a graph is no chain.
      const age = random(6) === 0 ? random(chosen.length) : Math.min(random(3), chosen.length - 1)
      return chosen.at(-1 - age)!
    },
  }
}

/** Computes the nodes of a draft alone, from the tensors of the values that they take. */
async function grow(growing: Growing, { nodes, constants = {}, output }: Draft): Promise<void> {
  const { opset, values, tensors } = growing
  const feeds = Object.fromEntries(
    [...takenBy(nodes)].flatMap((name) => {
      const tensor = tensors.get(name)
      return tensor ? [[name, tensor] as const] : []
    }),
  )
  const inputs = Object.entries(feeds).map(([name, { dims, type }]): Placed => {
    return { name, shape: dims.map((_, axis) => `${name}_${axis}`), type: type as Known['type'] }
  })
  const graph: Graph = { nodes, inputs, outputs: [{ name: output }], constants }
  const made = await computeOnce({ graph, opset }, feeds, output).catch(() => undefined)
  if (!made || made.size > MAX_ELEMENTS) return
  growing.nodes = [...growing.nodes, ...nodes]
  growing.constants = { ...growing.constants, ...constants }
  tensors.set(output, made)
  values.push({ name: output, shape: made.dims, type: made.type as Known['type'] })
}

/** Names that nodes take, those in graphs within them included. */
function takenBy(nodes: readonly Node[]): Set<string> {
  const names = new Set<string>()
  for (const { inputs, attributes = {} } of nodes) {
    for (const name of inputs) names.add(name)
    for (const value of Object.values(attributes)) {
      if (typeof value !== 'object' || !('graph' in value)) continue
      for (const name of takenBy(value.graph.nodes)) names.add(name)
    }
  }
  return names
}

/** The nodes alone that a value needs: others may compute five rows and no other number. */
export function pruned(graph: Graph, name: string): Graph {
  const needed = new Set([name])
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => needed.has(output))) return false
    for (const each of takenBy([node])) needed.add(each)
    return true
  })
  return { ...graph, nodes: nodes.toReversed() }
}

/** Opens a graph to compute one of its values. */
export async function openGraph({ graph, opset }: Pick<RandomGraph, 'graph' | 'opset'>, output: string) {
  const bytes = writeModel({ ...graph, outputs: [{ name: output, type: 'inferred' }] }, { opset, mlOpset: 1 })
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  const run = async (feeds: Feeds): Promise<Tensor> => (await session.run(feeds, [output]))[output] as Tensor
  return { run, close: () => session.release() }
}

async function computeOnce(graph: Pick<RandomGraph, 'graph' | 'opset'>, feeds: Feeds, output: string): Promise<Tensor> {
  const { run, close } = await openGraph(graph, output)
  try {
    return await run(feeds)
  } finally {
    await close()
  }
}
