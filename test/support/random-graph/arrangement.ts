import type { Node } from '../graph-writer.ts'
import { PROBE_ROWS, SIZES, along, axisOf, hasRank, ints, isFloat, isFloats, node, weights } from './draft.ts'
import type { Drafter } from './draft.ts'
import { pick, shuffled } from './random.ts'

export const transpose: Drafter = ({ random, name, value }) => {
  const [x, output] = [value(isFloats), name()]
  const perm = shuffled(random, x.shape.length)
  return { nodes: [node('Transpose', [x.name], output, random(3) === 0 ? {} : { perm })], output }
}

export const reshape: Drafter = ({ random, name, value }) => {
  const [x, target, output] = [value(isFloats), name(), name()]
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
export const computedReshape: Drafter = ({ random, name, value }) => {
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

export const flatten = along(['Flatten'], (random, x) => ({ axis: random(x.shape.length + 1) }))

export const squeeze: Drafter = ({ random, name, value, opset }) => {
  const [x, axes, output] = [value(isFloat), name(), name()]
  const isAdding = random(2) === 0
  const ones = x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []))
  const axis = isAdding ? random(x.shape.length + 1) : pick(random, ones.length > 0 ? ones : [0])
  const operator = isAdding ? 'Unsqueeze' : 'Squeeze'
  if (!isAdding && random(5) === 0) return { nodes: [node(operator, [x.name], output)], output }
  if (opset < 13) return { nodes: [node(operator, [x.name], output, { axes: [axis] })], output }
  return { nodes: [node(operator, [x.name, axes], output)], constants: { [axes]: ints([axis]) }, output }
}

export const concat: Drafter = ({ random, name, value }) => {
  const [x, output, constant] = [value(isFloats), name(), name()]
  const axis = axisOf(random, x)
  if (random(4) > 0)
    return {
      nodes: [
        node(
          'Concat',
          [x.name, value((other) => isFloats(other) && other.shape.length === x.shape.length).name],
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

export const split: Drafter = ({ random, name, value }) => {
  const [x, output] = [value(isFloat), name()]
  const attributes = random(3) === 0 ? {} : { axis: axisOf(random, x) }
  return { nodes: [{ op: 'Split', inputs: [x.name], outputs: [output, `${output}b`], attributes }], output }
}

export const repeat: Drafter = ({ random, name, value }) => {
  const [x, list, output] = [value(isFloat), name(), name()]
  if (random(2) === 0) {
    const repeats = x.shape.map((_, axis) => (axis === 0 && random(3) > 0 ? 1 : 1 + random(2)))
    return { nodes: [node('Tile', [x.name, list], output)], constants: { [list]: ints(repeats) }, output }
  }
  const target = x.shape.map((size) => (size === 1 || random(6) === 0 ? pick(random, [1, 2, PROBE_ROWS]) : 1))
  return { nodes: [node('Expand', [x.name, list], output)], constants: { [list]: ints(target) }, output }
}

export const pad: Drafter = ({ random, name, value }) => {
  const [x, pads, output] = [value(isFloat), name(), name()]
  const sides = Array.from({ length: 2 * x.shape.length }, (_, index) =>
    index % x.shape.length === 0 && random(4) > 0 ? 0 : random(2),
  )
  const mode = pick(random, ['constant', 'edge', 'reflect'])
  return { nodes: [node('Pad', [x.name, pads], output, { mode })], constants: { [pads]: ints(sides) }, output }
}

/** Works along an axis while another order of axes, or another shape, hides which of them has the rows. */
export const hidden: Drafter = ({ random, name, value, opset }) => {
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
