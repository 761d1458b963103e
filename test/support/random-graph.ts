import { InferenceSession, Tensor } from 'onnxruntime-node'
import { writeModel } from './graph-writer.ts'
import type { Constant, Graph, Node, Placed } from './graph-writer.ts'

/** A value of a graph that grows: its name, and its shape for `PROBE_ROWS` rows. */
interface Known {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: string
}

/** A graph made by chance of which every node could be computed. */
export interface RandomGraph {
  readonly graph: Graph
  readonly opset: number
  readonly values: readonly Known[]
}

// No other size is 5, so an axis of 5 is likely to be that of the rows.
export const PROBE_ROWS = 5
const SIZES = [2, 3, 4]

export type Random = (below: number) => number

/** Equal seeds make equal numbers. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

interface Draft {
  readonly nodes: readonly Node[]
  readonly constants?: Graph['constants']
  /** The value that it makes. */
  readonly output: string
}

interface Maker {
  readonly random: Random
  readonly opset: number
  readonly name: () => string
  /** A value made so far; the latest is likely. */
  readonly value: (fits?: (value: Known) => boolean) => Known
}

/** Grows a graph node by node; nodes that the runtime refuses are left out. */
export async function growGraph(seed: number, attempts: number): Promise<RandomGraph> {
  const random = createRandom(seed)
  const opset = [11, 13, 17][random(3)]!
  const rank = 1 + random(4)
  const shape = [PROBE_ROWS, ...Array.from({ length: rank - 1 }, () => SIZES[random(SIZES.length)]!)]
  const names = shape.map((size, axis) => (axis === 0 ? 'N' : size))
  const inputs: Placed[] = [
    { name: 'x', shape: random(3) > 0 ? names : ['N', ...names.slice(1).map((_, axis) => `d${axis}`)] },
  ]
  const values: Known[] = [{ name: 'x', shape, type: 'float32' }]
  let graph: Graph = { nodes: [], inputs, outputs: [], constants: {} }
  let count = 0
  const maker: Maker = {
    random,
    opset,
    name: () => `v${count++}`,
    value(fits = () => true) {
      const fitting = values.filter(fits)
      return fitting.at(-1 - (Math.min(random(3), random(fitting.length || 1)) % (fitting.length || 1))) ?? values[0]!
    },
  }
  for (let attempt = 0; attempt < attempts; attempt++) {
    const draft = DRAFTS[random(DRAFTS.length)]!(maker)
    const next: Graph = {
      ...graph,
      nodes: [...graph.nodes, ...draft.nodes],
      outputs: [{ name: draft.output }],
      constants: { ...graph.constants, ...draft.constants },
    }
    const made = await compute({ graph: next, opset }, [draft.output], toInput(shape, random)).catch(() => undefined)
    const tensor = made?.[draft.output]
    if (!tensor || tensor.size === 0 || tensor.size > 5000) continue
    graph = next
    values.push({ name: draft.output, shape: tensor.dims, type: tensor.type })
  }
  return { graph, opset, values }
}

/** Whole numbers, of which products and sums are exact; another scale for each call. */
export function toInput(shape: readonly number[], random: Random): Tensor {
  const scale = [1, 0.5, 4, -2][random(4)]!
  const size = shape.reduce((a, b) => a * b, 1)
  return new Tensor(
    'float32',
    Float32Array.from({ length: size }, () => (random(9) - 4) * scale),
    shape,
  )
}

/** The nodes alone that a value needs: others may compute five rows and no other number. */
export function pruned(graph: Graph, name: string): Graph {
  const needed = new Set([name])
  const nodes = graph.nodes.toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some((output) => needed.has(output))) return false
    for (const each of inputs) needed.add(each)
    return true
  })
  return { ...graph, nodes: nodes.toReversed() }
}

type Run = (outputs: readonly string[], x: Tensor) => Promise<InferenceSession.OnnxValueMapType>

export async function openGraph({ graph, opset }: Pick<RandomGraph, 'graph' | 'opset'>, outputs: readonly string[]) {
  const bytes = writeModel({ ...graph, outputs: outputs.map((name) => ({ name })) }, { opset, mlOpset: 1 })
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  const run: Run = (names, x) => session.run({ x }, [...names])
  return { bytes, run, close: () => session.release() }
}

async function compute(graph: Pick<RandomGraph, 'graph' | 'opset'>, outputs: readonly string[], x: Tensor) {
  const { run, close } = await openGraph(graph, outputs)
  try {
    return (await run(outputs, x)) as Record<string, Tensor>
  } finally {
    await close()
  }
}

function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Node['attributes'] = {},
  domain = '',
): Node {
  return { op, inputs, outputs: [output], attributes, domain }
}

function ints(values: readonly number[]): Constant {
  return { shape: [values.length], values, type: 'int64' }
}

function weights(shape: readonly number[], random: Random): Constant {
  return { shape, values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random(5) - 2) }
}

const isFloat = ({ type }: Known): boolean => type === 'float32'
const hasRank =
  (...ranks: number[]) =>
  (value: Known): boolean =>
    isFloat(value) && ranks.includes(value.shape.length)

type Drafter = (maker: Maker) => Draft

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)]!
}

/** An axis, mostly not the first. */
function axisOf(random: Random, { shape }: Known): number {
  const axis = random(4) > 0 ? Math.max(0, shape.length - 1 - random(2)) : random(Math.max(1, shape.length))
  return random(3) === 0 ? axis - shape.length : axis
}

function unary(...operators: string[]): Drafter {
  return ({ random, name, value }) => {
    const output = name()
    return { nodes: [node(pick(random, operators), [value(isFloat).name], output)], output }
  }
}

function along(
  operators: readonly string[],
  attributes: (random: Random, value: Known) => Node['attributes'],
): Drafter {
  return ({ random, name, value }) => {
    const [x, output] = [value(isFloat), name()]
    return { nodes: [node(pick(random, operators), [x.name], output, attributes(random, x))], output }
  }
}

/** A float again, whatever it was. */
function toFloat(made: string, output: string): Node {
  return node('Cast', [made], output, { to: 1 })
}

const binary: Drafter = ({ random, name, value }) => {
  const output = name()
  const operator = pick(random, ['Add', 'Sub', 'Mul', 'Max', 'Min', 'Mean', 'Sum', 'PRelu'])
  return { nodes: [node(operator, [value(isFloat).name, value(isFloat).name], output)], output }
}

const withConstant: Drafter = ({ random, name, value }) => {
  const [x, constant, output] = [value(isFloat), name(), name()]
  const kept = x.shape.slice(random(x.shape.length + 1))
  const shape = kept.map((size, axis) =>
    random(4) === 0 || (axis === 0 && kept.length === x.shape.length) ? (random(4) > 0 ? 1 : size) : size,
  )
  return {
    nodes: [node(pick(random, ['Add', 'Sub', 'Mul', 'Max']), [x.name, constant], output)],
    constants: { [constant]: weights(shape, random) },
    output,
  }
}

const compare: Drafter = ({ random, name, value }) => {
  const [a, b, made, output] = [value(isFloat), value(isFloat), name(), name()]
  const operator = pick(random, ['Greater', 'Less', 'Equal'])
  if (random(2) === 0) return { nodes: [node(operator, [a.name, b.name], made), toFloat(made, output)], output }
  return { nodes: [node(operator, [a.name, b.name], made), node('Where', [made, a.name, b.name], output)], output }
}

const reduce: Drafter = ({ random, name, value, opset }) => {
  const [x, output, axesName] = [value(isFloat), name(), name()]
  const operator = pick(random, ['ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceMean', 'ReduceL1', 'ReduceSumSquare'])
  const axes = random(6) === 0 ? [] : [axisOf(random, x)]
  const keepdims = random(2)
  if (operator === 'ReduceSum' && opset >= 13) {
    const inputs = axes.length > 0 ? [x.name, axesName] : [x.name]
    return {
      nodes: [node(operator, inputs, output, { keepdims })],
      constants: axes.length > 0 ? { [axesName]: ints(axes) } : {},
      output,
    }
  }
  return { nodes: [node(operator, [x.name], output, axes.length > 0 ? { axes, keepdims } : { keepdims })], output }
}

const argMax: Drafter = ({ random, name, value }) => {
  const [x, made, output] = [value(isFloat), name(), name()]
  const attributes = { axis: axisOf(random, x), keepdims: random(2) }
  return {
    nodes: [node(pick(random, ['ArgMax', 'ArgMin']), [x.name], made, attributes), toFloat(made, output)],
    output,
  }
}

function shuffled(random: Random, length: number): number[] {
  return Array.from({ length }, (_, index) => [random(1000), index] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, index]) => index)
}

const transpose: Drafter = ({ random, name, value }) => {
  const [x, output] = [value(isFloat), name()]
  const perm = shuffled(random, x.shape.length)
  return { nodes: [node('Transpose', [x.name], output, random(3) === 0 ? {} : { perm })], output }
}

const reshape: Drafter = ({ random, name, value }) => {
  const [x, target, output] = [value(isFloat), name(), name()]
  const [k, m] = [pick(random, SIZES), pick(random, [...x.shape, 2])]
  const targets = [
    [-1],
    [-1, k],
    [0, -1],
    [k, -1],
    [1, -1, k],
    [-1, m],
    [m, -1],
    [0, 0, -1],
    [-1, k, m],
    [-1, 1],
    [1, -1],
    [0, m, -1],
  ]
  return {
    nodes: [node('Reshape', [x.name, target], output)],
    constants: { [target]: ints(pick(random, targets)) },
    output,
  }
}

/** As PyTorch writes `x.view(x.size(0), -1)`, and views by other sizes. */
const computedReshape: Drafter = ({ random, name, value }) => {
  const [x, shape, index, size, axes, list, rest, target, output] = [
    value(isFloat),
    name(),
    name(),
    name(),
    name(),
    name(),
    name(),
    name(),
    name(),
  ]
  const nodes = [
    node('Shape', [x.name], shape),
    node('Gather', [shape, index], size),
    node('Concat', random(3) > 0 ? [size, rest] : [rest, size], target, { axis: 0 }),
    node('Reshape', [x.name, target], output),
  ]
  const chosen = random(3) > 0 ? 0 : random(x.shape.length)
  return {
    nodes,
    constants: { [index]: ints([chosen]), [rest]: ints([-1]), [axes]: ints([0]), [list]: ints([0]) },
    output,
  }
}

const byCount: Drafter = ({ random, name, value }) => {
  const [x, shape, count, output] = [value(isFloat), name(), name(), name()]
  const nodes = [
    node('Shape', [x.name], shape),
    toFloat(shape, count),
    node('ReduceProd', [count], `${count}p`, { keepdims: 0 }),
    node('Div', [x.name, random(2) === 0 ? `${count}p` : count], output),
  ]
  return { nodes, output }
}

const flatten = along(['Flatten'], (random, x) => ({ axis: random(x.shape.length + 1) }))
const softmax = along(['Softmax', 'LogSoftmax', 'Hardmax'], (random, x) =>
  random(3) === 0 ? {} : { axis: axisOf(random, x) },
)
const lpNormalization = along(['LpNormalization'], (random, x) => ({ axis: axisOf(random, x), p: 1 + random(2) }))

const squeeze: Drafter = ({ random, name, value, opset }) => {
  const [x, axes, output] = [value(isFloat), name(), name()]
  const isAdding = random(2) === 0
  const ones = x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []))
  const axis = isAdding ? random(x.shape.length + 1) : pick(random, ones.length > 0 ? ones : [0])
  const operator = isAdding ? 'Unsqueeze' : 'Squeeze'
  if (!isAdding && random(5) === 0) return { nodes: [node(operator, [x.name], output)], output }
  if (opset < 13) return { nodes: [node(operator, [x.name], output, { axes: [axis] })], output }
  return { nodes: [node(operator, [x.name, axes], output)], constants: { [axes]: ints([axis]) }, output }
}

const concat: Drafter = ({ random, name, value }) => {
  const [x, output, constant] = [value(isFloat), name(), name()]
  const axis = axisOf(random, x)
  if (random(4) > 0)
    return {
      nodes: [
        node(
          'Concat',
          [x.name, value((other) => isFloat(other) && other.shape.length === x.shape.length).name],
          output,
          { axis },
        ),
      ],
      output,
    }
  return {
    nodes: [node('Concat', [x.name, constant], output, { axis })],
    constants: { [constant]: weights(x.shape, random) },
    output,
  }
}

const split: Drafter = ({ random, name, value }) => {
  const [x, output] = [value(isFloat), name()]
  const attributes = random(3) === 0 ? {} : { axis: axisOf(random, x) }
  return { nodes: [{ op: 'Split', inputs: [x.name], outputs: [output, `${output}b`], attributes }], output }
}

const slice: Drafter = ({ random, name, value }) => {
  const [x, starts, ends, axes, steps, output] = [value(isFloat), name(), name(), name(), name(), name()]
  const [start, end, step] = pick<readonly [number, number, number]>(random, [
    [0, 1, 1],
    [1, 2 ** 31, 1],
    [0, 2 ** 40, 1],
    [0, 2 ** 31, 1],
    [-1, -(2 ** 31), -1],
    [0, -1, 1],
    [0, 2 ** 31, 2],
  ])
  const constants = {
    [starts]: ints([start]),
    [ends]: ints([end]),
    [axes]: ints([axisOf(random, x)]),
    [steps]: ints([step]),
  }
  return { nodes: [node('Slice', [x.name, starts, ends, axes, steps], output)], constants, output }
}

const gather: Drafter = ({ random, name, value }) => {
  const [x, index, output] = [value(isFloat), name(), name()]
  const attributes = random(4) === 0 ? {} : { axis: axisOf(random, x) }
  const indices = pick<Constant>(random, [
    ints([0, 1]),
    ints([1]),
    { shape: [], values: [0], type: 'int64' },
    { shape: [1, 2], values: [1, 0], type: 'int64' },
  ])
  return { nodes: [node('Gather', [x.name, index], output, attributes)], constants: { [index]: indices }, output }
}

/** Rows choose from a table, or from rows. */
const lookUp: Drafter = ({ random, name, value }) => {
  const [x, chosen, table, output] = [value(isFloat), name(), name(), name()]
  const isTable = random(2) === 0
  const nodes = [
    node('ArgMax', [x.name], chosen, { axis: axisOf(random, x), keepdims: random(2) }),
    node('Gather', [isTable ? table : value(isFloat).name, chosen], output, { axis: random(2) }),
  ]
  return { nodes, constants: isTable ? { [table]: weights([6, 6], random) } : {}, output }
}

const gatherElements: Drafter = ({ random, name, value }) => {
  const [x, sorted, output] = [value(isFloat), name(), name()]
  const axis = axisOf(random, x)
  const nodes = [
    {
      op: 'TopK',
      inputs: [x.name, `${sorted}k`],
      outputs: [`${sorted}v`, sorted],
      attributes: { axis: random(3) > 0 ? axis : axisOf(random, x) },
    },
    node('GatherElements', [x.name, sorted], output, random(4) === 0 ? {} : { axis }),
  ]
  return { nodes, constants: { [`${sorted}k`]: ints([1]) }, output }
}

const topK: Drafter = ({ random, name, value }) => {
  const [x, k, output] = [value(isFloat), name(), name()]
  return {
    nodes: [
      { op: 'TopK', inputs: [x.name, k], outputs: [output, `${output}i`], attributes: { axis: axisOf(random, x) } },
    ],
    constants: { [k]: ints([1 + random(2)]) },
    output,
  }
}

const multiply: Drafter = ({ random, name, value }) => {
  const [x, w, output] = [value(isFloat), name(), name()]
  const last = x.shape.at(-1) ?? 1
  const kind = random(4)
  if (kind === 0) return { nodes: [node('Transpose', [x.name], w), node('MatMul', [x.name, w], output)], output }
  if (kind === 1) return { nodes: [node('MatMul', [value(isFloat).name, x.name], output)], output }
  if (kind === 2)
    return {
      nodes: [node('MatMul', [w, x.name], output)],
      constants: { [w]: weights([2, x.shape.at(-2) ?? 1], random) },
      output,
    }
  return {
    nodes: [node('MatMul', [x.name, w], output)],
    constants: { [w]: weights(random(3) === 0 ? [last] : [last, pick(random, SIZES)], random) },
    output,
  }
}

const gemm: Drafter = ({ random, name, value }) => {
  const [x, w, b, output] = [value(hasRank(2)), name(), name(), name()]
  const transA = random(4) === 0 ? 1 : 0
  const width = x.shape[transA === 1 ? 0 : 1] ?? 1
  const [transB, columns] = [random(2), pick(random, SIZES)]
  const constants = {
    [w]: weights(transB === 1 ? [columns, width] : [width, columns], random),
    [b]: weights(pick(random, [[columns], [1], [PROBE_ROWS, 1], [1, columns]]), random),
  }
  return { nodes: [node('Gemm', [x.name, w, b], output, { transA, transB })], constants, output }
}

const cumSum: Drafter = ({ random, name, value }) => {
  const [x, axis, output] = [value(isFloat), name(), name()]
  return {
    nodes: [node('CumSum', [x.name, axis], output)],
    constants: { [axis]: { shape: [], values: [axisOf(random, x)], type: 'int64' } },
    output,
  }
}

const repeat: Drafter = ({ random, name, value }) => {
  const [x, list, output] = [value(isFloat), name(), name()]
  if (random(2) === 0) {
    const repeats = x.shape.map((_, axis) => (axis === 0 && random(3) > 0 ? 1 : 1 + random(2)))
    return { nodes: [node('Tile', [x.name, list], output)], constants: { [list]: ints(repeats) }, output }
  }
  const target = x.shape.map((size) => (size === 1 || random(6) === 0 ? pick(random, [1, 2, PROBE_ROWS]) : 1))
  return { nodes: [node('Expand', [x.name, list], output)], constants: { [list]: ints(target) }, output }
}

const pad: Drafter = ({ random, name, value }) => {
  const [x, pads, output] = [value(isFloat), name(), name()]
  const sides = Array.from({ length: 2 * x.shape.length }, (_, index) =>
    index % x.shape.length === 0 && random(4) > 0 ? 0 : random(2),
  )
  const mode = pick(random, ['constant', 'edge', 'reflect'])
  return { nodes: [node('Pad', [x.name, pads], output, { mode })], constants: { [pads]: ints(sides) }, output }
}

const normalize: Drafter = ({ random, name, value, opset }) => {
  const [x, s, output] = [value(isFloat), name(), name()]
  const channels = x.shape[1] ?? 1
  if (random(3) === 0)
    return {
      nodes: [node('BatchNormalization', [x.name, s, s, s, `${s}v`], output)],
      constants: {
        [s]: weights([channels], random),
        [`${s}v`]: { shape: [channels], values: Array.from({ length: channels }, () => 1) },
      },
      output,
    }
  if (random(2) === 0 || opset < 17)
    return {
      nodes: [node('InstanceNormalization', [x.name, s, s], output)],
      constants: { [s]: weights([channels], random) },
      output,
    }
  const axis = axisOf(random, x)
  const from = axis < 0 ? axis + x.shape.length : axis
  return {
    nodes: [node('LayerNormalization', [x.name, s], output, { axis })],
    constants: { [s]: weights(x.shape.slice(from), random) },
    output,
  }
}

const convolve: Drafter = ({ random, name, value }) => {
  const [x, w, output] = [value(hasRank(3, 4)), name(), name()]
  const spatial = x.shape.length - 2
  if (random(2) === 0) {
    const operator = pick(random, ['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool'])
    const attributes = operator.startsWith('Global')
      ? {}
      : { kernel_shape: Array.from({ length: spatial }, () => 1 + random(2)) }
    return { nodes: [node(operator, [x.name], output, attributes)], output }
  }
  const kernel = Array.from({ length: spatial }, () => 1 + random(2))
  const operator = pick(random, ['Conv', 'Conv', 'ConvTranspose'])
  const shape = operator === 'Conv' ? [2, x.shape[1] ?? 1, ...kernel] : [x.shape[1] ?? 1, 2, ...kernel]
  const strides = Array.from({ length: spatial }, () => 1 + random(2))
  return {
    nodes: [node(operator, [x.name, w], output, { strides })],
    constants: { [w]: weights(shape, random) },
    output,
  }
}

const einsum: Drafter = ({ random, name, value }) => {
  const [x, w, output] = [value(hasRank(2, 3)), name(), name()]
  const last = x.shape.at(-1)!
  const equations =
    x.shape.length === 2
      ? ['ij,jk->ik', 'ij,jk->ki', 'ij,jk->k', 'ij,jk->i']
      : ['aij,jk->aik', 'aij,jk->iak', 'aij,jk->ak', 'aij,jk->ik']
  return {
    nodes: [node('Einsum', [x.name, w], output, { equation: pick(random, equations) })],
    constants: { [w]: weights([last, 2], random) },
    output,
  }
}

const selfEinsum: Drafter = ({ random, name, value }) => {
  const [x, output] = [value(hasRank(2)), name()]
  return {
    nodes: [
      node('Einsum', [x.name, x.name], output, {
        equation: pick(random, ['ij,ij->ij', 'ij,ij->i', 'ij,kj->ik', 'ij,ik->ijk', 'ij,ij->j']),
      }),
    ],
    output,
  }
}

const recur: Drafter = ({ random, name, value }) => {
  const [x, w, r, output] = [value(hasRank(3)), name(), name(), name()]
  const features = x.shape.at(-1)!
  return {
    nodes: [
      {
        op: 'GRU',
        inputs: [x.name, w, r],
        outputs: random(2) === 0 ? [output] : ['', output],
        attributes: { hidden_size: 2 },
      },
    ],
    constants: { [w]: weights([1, 6, features], random), [r]: weights([1, 6, 2], random) },
    output,
  }
}

const learned: Drafter = ({ random, name, value }) => {
  const [x, output, index] = [value(hasRank(1, 2)), name(), name()]
  const columns = x.shape.at(-1)!
  const kind = random(4)
  const ml = 'ai.onnx.ml'
  if (kind === 0)
    return { nodes: [node('Normalizer', [x.name], output, { norm: pick(random, ['L1', 'MAX']) }, ml)], output }
  if (kind === 1) return { nodes: [node('Scaler', [x.name], output, { offset: [1], scale: [2] }, ml)], output }
  if (kind === 2)
    return {
      nodes: [node('ArrayFeatureExtractor', [x.name, index], output, {}, ml)],
      constants: { [index]: ints([0, columns - 1]) },
      output,
    }
  const coefficients = Array.from({ length: 3 * columns }, () => random(5) - 2)
  const attributes = { coefficients, intercepts: [0, 1, 2], classlabels_ints: [0, 1, 2] }
  return {
    nodes: [{ op: 'LinearClassifier', inputs: [x.name], outputs: [`${output}l`, output], attributes, domain: ml }],
    output,
  }
}

const scan: Drafter = ({ random, name, value }) => {
  const [x, state, output] = [value(hasRank(2, 3)), name(), name()]
  const inner: Node[] = pick(random, [
    [node('ReduceMax', ['r'], 'm', { keepdims: 1 }), node('Sub', ['r', 'm'], 'o'), node('Identity', ['s'], 't')],
    [node('Add', ['r', 's'], 'o'), node('ReduceMax', ['o'], 't', { keepdims: 0 })],
    [node('Mul', ['r', 'r'], 'o'), node('Identity', ['s'], 't')],
  ])
  const body: Graph = { nodes: inner, inputs: [{ name: 's' }, { name: 'r' }], outputs: [{ name: 't' }, { name: 'o' }] }
  const attributes = {
    body: { graph: body },
    num_scan_inputs: 1,
    scan_input_axes: [random(x.shape.length)],
    scan_output_axes: [random(2)],
  }
  return {
    nodes: [{ op: 'Scan', inputs: [state, x.name], outputs: [`${output}s`, output], attributes }],
    constants: { [state]: { shape: [], values: [0] } },
    output,
  }
}

const quantize: Drafter = ({ random, name, value }) => {
  const [x, q, s, z, output] = [value(isFloat), name(), name(), name(), name()]
  if (random(3) === 0)
    return {
      nodes: [
        { op: 'DynamicQuantizeLinear', inputs: [x.name], outputs: [q, s, z] },
        node('DequantizeLinear', [q, s, z], output),
      ],
      output,
    }
  const constants: Record<string, Constant> = {
    [s]: { shape: [], values: [0.5] },
    [z]: { shape: [], values: [100], type: 'uint8' },
  }
  return {
    nodes: [node('QuantizeLinear', [x.name, s, z], q), node('DequantizeLinear', [q, s, z], output)],
    constants,
    output,
  }
}

const oneHot: Drafter = ({ random, name, value }) => {
  const [x, chosen, depth, pair, output] = [value(isFloat), name(), name(), name(), name()]
  const axis = axisOf(random, x)
  return {
    nodes: [
      node('ArgMax', [x.name], chosen, { axis, keepdims: 0 }),
      node('OneHot', [chosen, depth, pair], output, { axis: random(3) - 1 }),
    ],
    constants: { [depth]: { shape: [], values: [3], type: 'int64' }, [pair]: { shape: [2], values: [0, 1] } },
    output,
  }
}

/** Works along an axis while another order of axes, or another shape, hides which of them has the rows. */
const hidden: Drafter = ({ random, name, value, opset }) => {
  const [x, there, work, back, output] = [value(hasRank(2, 3)), name(), name(), name(), name()]
  const rank = x.shape.length
  const perm = shuffled(random, rank)
  const isReshape = rank === 2 && random(2) === 0
  const inner = (made: string, shape: readonly number[]): readonly Node[] => {
    const axis = random(shape.length)
    if (random(3) === 0) return [node('Softmax', [made], work, random(2) === 0 ? {} : { axis })]
    if (random(2) === 0) return [node('CumSum', [made, `${work}a`], work)]
    return [node('ReduceMax', [made], `${work}m`, { axes: [axis] }), node('Sub', [made, `${work}m`], work)]
  }
  const constants = { [`${work}a`]: { shape: [], values: [random(rank)], type: 'int64' } } as const
  if (!isReshape) {
    const inverse = perm.map((_, axis) => perm.indexOf(axis))
    const nodes = [
      node('Transpose', [x.name], there, { perm }),
      ...inner(there, x.shape),
      node('Transpose', [work], output, { perm: inverse }),
    ]
    return { nodes, constants, output }
  }
  const k = pick(random, [2, 3, 4, PROBE_ROWS, opset === 11 ? 2 * PROBE_ROWS : 1])
  const nodes = [
    node('Reshape', [x.name, `${there}s`], there),
    ...inner(there, [1, k]),
    node('Reshape', [work, back], output),
  ]
  return { nodes, constants: { ...constants, [`${there}s`]: ints([-1, k]), [back]: ints([-1, x.shape[1]!]) }, output }
}

const DRAFTS: readonly Drafter[] = [
  hidden,
  hidden,
  hidden,
  unary('Abs', 'Neg', 'Relu', 'Sign', 'Identity', 'Floor'),
  unary('Sigmoid', 'Tanh', 'Softplus', 'Erf', 'Elu'),
  binary,
  binary,
  withConstant,
  withConstant,
  compare,
  reduce,
  reduce,
  argMax,
  transpose,
  transpose,
  reshape,
  reshape,
  reshape,
  computedReshape,
  byCount,
  flatten,
  softmax,
  lpNormalization,
  squeeze,
  squeeze,
  concat,
  split,
  slice,
  gather,
  lookUp,
  gatherElements,
  topK,
  multiply,
  multiply,
  gemm,
  cumSum,
  repeat,
  pad,
  normalize,
  convolve,
  einsum,
  selfEinsum,
  recur,
  learned,
  scan,
  quantize,
  oneHot,
]
