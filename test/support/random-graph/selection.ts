import type { Constant } from '../graph-writer.ts'
import { axisOf, ints, isFloat, isFloats, node, weights } from './draft.ts'
import type { Drafter } from './draft.ts'
import { pick } from './random.ts'

export const slice: Drafter = ({ random, name, value }) => {
  const [x, starts, ends, axes, steps, output] = [value(isFloats), name(), name(), name(), name(), name()]
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

export const gather: Drafter = ({ random, name, value }) => {
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
export const lookUp: Drafter = ({ random, name, value }) => {
  const [x, chosen, table, output] = [value(isFloat), name(), name(), name()]
  const isTable = random(2) === 0
  const nodes = [
    node('ArgMax', [x.name], chosen, { axis: axisOf(random, x), keepdims: random(2) }),
    node('Gather', [isTable ? table : value(isFloat).name, chosen], output, { axis: random(2) }),
  ]
  return { nodes, constants: isTable ? { [table]: weights([6, 6], random) } : {}, output }
}

export const gatherElements: Drafter = ({ random, name, value }) => {
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

export const topK: Drafter = ({ random, name, value }) => {
  const [x, k, output] = [value(isFloat), name(), name()]
  return {
    nodes: [
      { op: 'TopK', inputs: [x.name, k], outputs: [output, `${output}i`], attributes: { axis: axisOf(random, x) } },
    ],
    constants: { [k]: ints([1 + random(2)]) },
    output,
  }
}

export const oneHot: Drafter = ({ random, name, value }) => {
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
