import type { Constant } from '../graph-writer.ts'
import { PROBE_ROWS, SIZES, hasRank, isFloat, isFloats, node, toFloat, weights } from './draft.ts'
import type { Drafter } from './draft.ts'
import { pick } from './random.ts'

export const binary: Drafter = ({ random, name, value }) => {
  const output = name()
  const operator = pick(random, ['Add', 'Sub', 'Mul', 'Max', 'Min', 'Mean', 'Sum', 'PRelu'])
  return { nodes: [node(operator, [value(isFloats).name, value(isFloats).name], output)], output }
}

export const withConstant: Drafter = ({ random, name, value }) => {
  const [x, constant, output] = [value(isFloats), name(), name()]
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

export const compare: Drafter = ({ random, name, value }) => {
  const [a, b, made, output] = [value(isFloat), value(isFloat), name(), name()]
  const operator = pick(random, ['Greater', 'Less', 'Equal'])
  if (random(2) === 0) return { nodes: [node(operator, [a.name, b.name], made), toFloat(made, output)], output }
  return { nodes: [node(operator, [a.name, b.name], made), node('Where', [made, a.name, b.name], output)], output }
}

export const byCount: Drafter = ({ random, name, value }) => {
  const [x, shape, count, output] = [value(isFloat), name(), name(), name()]
  const nodes = [
    node('Shape', [x.name], shape),
    toFloat(shape, count),
    node('ReduceProd', [count], `${count}p`, { keepdims: 0 }),
    node('Div', [x.name, random(2) === 0 ? `${count}p` : count], output),
  ]
  return { nodes, output }
}

export const multiply: Drafter = ({ random, name, value }) => {
  const [x, w, output] = [value(isFloats), name(), name()]
  const last = x.shape.at(-1) ?? 1
  const kind = random(4)
  if (kind === 0) return { nodes: [node('Transpose', [x.name], w), node('MatMul', [x.name, w], output)], output }
  if (kind === 1) return { nodes: [node('MatMul', [value(isFloats).name, x.name], output)], output }
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

export const gemm: Drafter = ({ random, name, value }) => {
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

export const einsum: Drafter = ({ random, name, value }) => {
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

export const selfEinsum: Drafter = ({ random, name, value }) => {
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

export const quantize: Drafter = ({ random, name, value }) => {
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
