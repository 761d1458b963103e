import type { Constant, Graph, Node } from '../graph-writer.ts'
import { axisOf, hasRank, isData, isFloat, isText, node } from './draft.ts'
import type { Drafter, Known, Maker } from './draft.ts'
import { pick } from './random.ts'

// Operators that hold graphs.

/** What a step of a Scan does with its slice `r` and the state `s`: the new state is `t`, the output `o`. */
const STEPS: readonly (readonly Node[])[] = [
  [node('ReduceMax', ['r'], 'm', { keepdims: 1 }), node('Sub', ['r', 'm'], 'o'), node('Identity', ['s'], 't')],
  [node('Add', ['r', 's'], 'o'), node('ReduceMax', ['o'], 't', { keepdims: 0 })],
  [node('Mul', ['r', 'r'], 'o'), node('Identity', ['s'], 't')],
  // It counts its steps.
  [
    node('Exp', ['s'], 'e'),
    node('Div', ['e', 'e'], 'one'),
    node('Add', ['s', 'one'], 't'),
    node('Mul', ['r', 's'], 'o'),
  ],
  [node('Add', ['s', 'r'], 't'), node('Identity', ['t'], 'o')],
]

export const scan: Drafter = ({ random, name, value }) => {
  const [x, state, output] = [value(hasRank(2, 3)), name(), name()]
  const inner = pick(random, STEPS)
  const body: Graph = { nodes: inner, inputs: [{ name: 's' }, { name: 'r' }], outputs: [{ name: 't' }, { name: 'o' }] }
  const scanned = random(x.shape.length)
  const attributes = {
    body: { graph: body },
    num_scan_inputs: 1,
    scan_input_axes: [scanned],
    scan_output_axes: [random(2) === 0 ? scanned : random(2)],
  }
  const shape = random(3) === 0 ? x.shape.filter((_, axis) => axis !== scanned) : []
  const zeros: Constant = { shape, values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0) }
  return {
    nodes: [{ op: 'Scan', inputs: [state, x.name], outputs: [`${output}s`, output], attributes }],
    constants: { [state]: zeros },
    output,
  }
}

/** Nodes that make one truth `c`, of a constant, of a size or of data. */
function condition({ random, name, value }: Maker): { nodes: Node[]; constants: Record<string, Constant>; c: string } {
  const [a, b, c] = [name(), name(), name()]
  const limit: Constant = { shape: [], values: [pick(random, [0, 3, 5, 8])], type: 'int64' }
  const kind = random(4)
  if (kind === 0) return { nodes: [], constants: { [c]: { shape: [], values: [random(2)], type: 'bool' } }, c }
  const numbers: Constant = { shape: [3], values: [0, 1, random(2)] }
  if (kind === 1) {
    const nodes = [node('NonZero', [a], `${a}n`), node('Size', [`${a}n`], `${a}s`), node('Greater', [`${a}s`, b], c)]
    return { nodes, constants: { [a]: numbers, [b]: limit }, c }
  }
  const x = value(isFloat)
  if (kind === 2) {
    const nodes = [node('Size', [x.name], a), node(pick(random, ['Greater', 'Equal', 'Less']), [a, b], c)]
    return { nodes, constants: { [b]: limit }, c }
  }
  const zero: Constant = { shape: [], values: [2] }
  const nodes = [node('ReduceMax', [x.name], a, { keepdims: 0 }), node('Greater', [a, b], c)]
  return { nodes, constants: { [b]: zero }, c }
}

/** A branch of an If: it works on values from around it. */
function branch({ random, name }: Maker, x: Known): { graph: Graph } {
  const output = name()
  const attributes = { axes: [axisOf(random, x)], keepdims: 1 }
  const words = { mark: 0, mincharnum: 1, pad_value: '#', separators: [' '] }
  const kinds: readonly (() => readonly Node[])[] = isText(x)
    ? [
        () => [node('Identity', [x.name], output)],
        () => [node('Tokenizer', [x.name], output, words, 'com.microsoft')],
        () => [node('Tokenizer', [x.name], output, words, 'com.microsoft')],
      ]
    : [
        () => [node('Neg', [x.name], output)],
        () => [node('Identity', [x.name], output)],
        () => [node('ReduceMax', [x.name], output, attributes)],
        () => [node('ReduceMax', [x.name], `${output}m`, attributes), node('Sub', [x.name, `${output}m`], output)],
        () => [node('Transpose', [x.name], output)],
      ]
  return { graph: { nodes: pick(random, kinds)(), inputs: [], outputs: [{ name: output, type: 'inferred' }] } }
}

export const conditional: Drafter = (maker) => {
  const { nodes, constants, c } = condition(maker)
  const output = maker.name()
  const x = maker.value(isData)
  const branches = { then_branch: branch(maker, x), else_branch: branch(maker, x) }
  return { nodes: [...nodes, node('If', [c], output, branches)], constants, output }
}
