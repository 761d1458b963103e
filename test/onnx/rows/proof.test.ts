import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../../src/onnx/model-file.ts'
import type { Proof } from '../../../src/onnx/proof.ts'
import { fileSource, sourceOf } from '../../support/bytes.ts'
import { writeModel } from '../../support/graph-writer.ts'
import type { Constant, Graph, Node } from '../../support/graph-writer.ts'
import { FIXTURES, MODELS, ROOT } from '../../support/paths.ts'

interface Case {
  readonly nodes: readonly Node[]
  readonly constants?: Graph['constants']
  readonly shape?: readonly (number | string)[]
  readonly type?: 'float32' | 'int64' | 'string'
  readonly opset?: number
  readonly outputs?: readonly string[]
}

function prove({ nodes, constants, shape = ['N', 4], type = 'float32', opset, outputs = ['y'] }: Case): Proof {
  const graph: Graph = {
    nodes,
    inputs: [{ name: 'x', shape, type }],
    outputs: outputs.map((name) => ({ name })),
    ...(constants && { constants }),
  }
  return readModelFile(sourceOf(writeModel(graph, opset === undefined ? {} : { opset }))).rows
}

function node(op: string, inputs: string, outputs: string, attributes: Node['attributes'] = {}, domain = ''): Node {
  return { op, inputs: inputs === '' ? [] : inputs.split(' '), outputs: outputs.split(' '), attributes, domain }
}

function ints(...values: number[]): Constant {
  return { shape: [values.length], values, type: 'int64' }
}

function floats(...shape: number[]): Constant {
  return {
    shape,
    values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => index % 3),
    type: 'float32',
  }
}

describe('graphs that keep rows apart', () => {
  test.each<[string, Case]>([
    [
      'a layer and its softmax',
      {
        nodes: [node('Gemm', 'x w b', 'h'), node('Softmax', 'h', 'y')],
        constants: { w: floats(4, 3), b: floats(3) },
      },
    ],
    [
      'a convolution, stored statistics, pooling and flattening',
      {
        shape: ['N', 3, 8, 8],
        nodes: [
          node('Conv', 'x k', 'c', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
          node('BatchNormalization', 'c s s s s', 'n'),
          node('Relu', 'n', 'r'),
          node('MaxPool', 'r', 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
          node('Flatten', 'p', 'f'),
          node('MatMul', 'f w', 'y'),
        ],
        constants: { k: floats(2, 3, 3, 3), s: floats(2), w: floats(32, 5) },
      },
    ],
    [
      'a Reshape of pictures to rows of a known length',
      {
        shape: ['N', 3, 8, 8],
        nodes: [node('Conv', 'x k', 'c', { kernel_shape: [3, 3] }), node('Reshape', 'c s', 'y')],
        constants: { k: floats(2, 3, 3, 3), s: ints(-1, 72) },
      },
    ],
    [
      'quantized weights and values of 8 bits',
      {
        nodes: [
          node('QuantizeLinear', 'x s z', 'q'),
          node('DequantizeLinear', 'q s z', 'd'),
          node('DequantizeLinear', 'w v u', 'e', { axis: 1 }),
          node('MatMul', 'd e', 'y'),
        ],
        constants: {
          s: { shape: [], values: [1] },
          z: { shape: [], values: [0], type: 'uint8' },
          w: { shape: [4, 2], values: [1, 2, 3, 4, 5, 6, 7, 8], type: 'int8' },
          v: floats(2),
          u: { shape: [2], values: [0, 0], type: 'int8' },
        },
      },
    ],
    [
      'attention with heads',
      {
        shape: ['N', 'T', 8],
        nodes: [
          node('Shape', 'x', 'sx'),
          node('Gather', 'sx i0', 'n'),
          node('Gather', 'sx i1', 't'),
          node('Unsqueeze', 'n a0', 'nu'),
          node('Unsqueeze', 't a0', 'tu'),
          node('Concat', 'nu tu two four', 'heads', { axis: 0 }),
          node('MatMul', 'x w', 'q'),
          node('Reshape', 'q heads', 'qh'),
          node('Transpose', 'qh', 'qt', { perm: [0, 2, 1, 3] }),
          node('Transpose', 'qh', 'kt', { perm: [0, 2, 3, 1] }),
          node('MatMul', 'qt kt', 's'),
          node('Softmax', 's', 'p', { axis: -1 }),
          node('MatMul', 'p qt', 'o'),
          node('Transpose', 'o', 'ot', { perm: [0, 2, 1, 3] }),
          node('Concat', 'nu tu eight', 'flat', { axis: 0 }),
          node('Reshape', 'ot flat', 'of'),
          node('Add', 'of x', 'r'),
          node('LayerNormalization', 'r g b', 'y', { axis: -1 }),
        ],
        constants: {
          i0: { shape: [], values: [0], type: 'int64' },
          i1: { shape: [], values: [1], type: 'int64' },
          a0: ints(0),
          two: ints(2),
          four: ints(4),
          eight: ints(8),
          w: floats(8, 8),
          g: floats(8),
          b: floats(8),
        },
      },
    ],
    [
      'an embedding of token ids',
      {
        shape: ['N', 'T'],
        type: 'int64',
        nodes: [node('Gather', 'table x', 'e'), node('ReduceMean', 'e', 'y', { axes: [1], keepdims: 0 })],
        constants: { table: floats(10, 4) },
      },
    ],
    [
      'a recurrent network over time',
      {
        shape: ['N', 'T', 4],
        nodes: [
          node('Transpose', 'x', 't', { perm: [1, 0, 2] }),
          node('LSTM', 't w r', ' h', { hidden_size: 2 }),
          node('Squeeze', 'h a0', 'y'),
        ].map((each) => ({
          ...each,
          outputs: each.outputs.length === 2 && each.op === 'LSTM' ? ['', 'h'] : each.outputs,
        })),
        constants: { w: floats(1, 8, 4), r: floats(1, 8, 2), a0: ints(0) },
      },
    ],
    [
      'rows that are moved to another axis and back',
      {
        nodes: [node('Reshape', 'x s', 'r'), node('ReduceSum', 'r a', 'y', { keepdims: 0 })],
        constants: { s: ints(1, -1, 4), a: ints(0) },
      },
    ],
    [
      'a branch whose condition is known',
      {
        nodes: [
          node('If', 'c', 'y', {
            then_branch: { graph: { inputs: [], outputs: [{ name: 'a' }], nodes: [node('Neg', 'x', 'a')] } },
            else_branch: { graph: { inputs: [], outputs: [{ name: 'b' }], nodes: [node('ReduceMax', 'x', 'b')] } },
          }),
        ],
        constants: { c: { shape: [], values: [1], type: 'bool' } },
      },
    ],
    ['an ensemble of trees', { nodes: [node('TreeEnsembleRegressor', 'x', 'y', {}, 'ai.onnx.ml')] }],
    [
      'a scaler and a classifier',
      {
        nodes: [node('Scaler', 'x', 's', {}, 'ai.onnx.ml'), node('LinearClassifier', 's', 'l y', {}, 'ai.onnx.ml')],
        outputs: ['l', 'y'],
      },
    ],
  ])('a graph with %s keeps rows apart', (_case, options) => {
    expect(prove(options)).toEqual({ isProven: true })
  })
})

describe('graphs that are not proven to keep rows apart', () => {
  test.each<[string, Case, RegExp]>([
    [
      'a division by the largest value of all rows',
      { nodes: [node('ReduceMax', 'x', 'm', { keepdims: 0 }), node('Div', 'x m', 'y')] },
      /^ReduceMax: it works across rows$/,
    ],
    [
      'a difference to the mean of all rows',
      {
        nodes: [node('ReduceMean', 'x', 'm'), node('Sub', 'x m', 'y')],
      },
      /^ReduceMean: it works across rows$/,
    ],
    [
      'a branch on the largest value of all rows',
      {
        nodes: [
          node('ReduceMax', 'x', 'm', { keepdims: 0 }),
          node('Greater', 'm two', 'c'),
          node('If', 'c', 'y', {
            then_branch: { graph: { inputs: [], outputs: [{ name: 'a' }], nodes: [node('Neg', 'x', 'a')] } },
            else_branch: { graph: { inputs: [], outputs: [{ name: 'b' }], nodes: [node('Identity', 'x', 'b')] } },
          }),
        ],
        constants: { two: { shape: [], values: [2] } },
      },
      /^ReduceMax: /,
    ],
    [
      'a division by the number of rows',
      {
        nodes: [
          node('Shape', 'x', 's'),
          node('Gather', 's i', 'n'),
          node('Cast', 'n', 'f', { to: 1 }),
          node('Div', 'x f', 'y'),
        ],
        constants: { i: { shape: [], values: [0], type: 'int64' } },
      },
      /^Cast: the number of rows becomes part of the data$/,
    ],
    [
      'the number of each row in a sum',
      {
        nodes: [
          node('Shape', 'x', 's', { end: 1 }),
          node('ConstantOfShape', 's', 'o'),
          node('CumSum', 'o a', 'n'),
          node('Unsqueeze', 'n a', 'u'),
          node('Add', 'x u', 'y'),
        ],
        constants: { a: ints(0) },
      },
      /^CumSum: it works across rows$/,
    ],
    [
      'a table of positions cut by the number of rows',
      {
        nodes: [node('Shape', 'x', 's', { end: 1 }), node('Slice', 'p a s', 'q'), node('Add', 'x q', 'y')],
        constants: { a: ints(0), p: floats(100, 4) },
      },
      /^Slice: it is cut by the number of rows$/,
    ],
    [
      'groups that a row does not fill',
      {
        nodes: [node('Reshape', 'x s', 'g'), node('Reshape', 'g t', 'y')],
        constants: { s: ints(-1, 3), t: ints(-1, 4) },
      },
      /^Reshape: a row may be cut into parts that are not whole$/,
    ],
    [
      'a Reshape to a fixed number of rows',
      { nodes: [node('Reshape', 'x s', 'y')], constants: { s: ints(2, 4) } },
      /^Reshape: its shape fits one number of rows$/,
    ],
    [
      'a Transpose of rows and columns',
      {
        nodes: [node('Transpose', 'x', 't'), node('Reshape', 't s', 'y')],
        constants: { s: ints(-1, 4) },
      },
      /^Reshape: rows get mixed with another axis$/,
    ],
    [
      'a product of every row with every other row',
      {
        nodes: [node('Transpose', 'x', 't'), node('MatMul', 'x t', 'y')],
      },
      /^MatMul: every row meets every other row$/,
    ],
    [
      'rows that are broadcast against each other',
      {
        shape: ['N', 1],
        nodes: [node('Transpose', 'x', 't'), node('Sub', 'x t', 'y')],
      },
      /^Sub: its rows lie along different axes$/,
    ],
    ['a softmax over rows', { nodes: [node('Softmax', 'x', 'y', { axis: 0 })] }, /^Softmax: it works across rows$/],
    [
      'an old softmax over all axes from axis 1 on',
      {
        shape: ['N', 2, 2],
        opset: 11,
        nodes: [
          node('Transpose', 'x', 't', { perm: [1, 0, 2] }),
          node('Softmax', 't', 's'),
          node('Transpose', 's', 'y', { perm: [1, 0, 2] }),
        ],
      },
      /^Softmax: it works across rows$/,
    ],
    [
      'a normalization by statistics of the batch',
      {
        shape: ['N', 2, 4],
        opset: 15,
        nodes: [node('BatchNormalization', 'x s s s s', 'y', { training_mode: 1 })],
        constants: { s: floats(2) },
      },
      /^BatchNormalization: it takes the mean of all rows$/,
    ],
    [
      'one scale for all rows',
      {
        nodes: [node('DynamicQuantizeLinear', 'x', 'q s z'), node('DequantizeLinear', 'q s z', 'y')],
      },
      /^DynamicQuantizeLinear: it is not known to keep rows apart$/,
    ],
    [
      'a constant that has a value for each row',
      { nodes: [node('Add', 'x c', 'y')], constants: { c: floats(3, 4) } },
      /^Add: a constant has another value for each row$/,
    ],
    [
      'a recurrent network whose rows are steps in time',
      {
        shape: ['N', 'T', 4],
        nodes: [node('LSTM', 'x w r', 'y', { hidden_size: 2 })],
        constants: { w: floats(1, 8, 4), r: floats(1, 8, 2) },
      },
      /^LSTM: rows are steps in time$/,
    ],
    [
      'a Squeeze of an axis that only a single row loses',
      { shape: ['N', 1], nodes: [node('Squeeze', 'x', 'y')] },
      /^Squeeze: a single row would lose its axis$/,
    ],
    [
      'a Concat of rows behind other rows',
      { nodes: [node('Concat', 'x x', 'y', { axis: 0 })] },
      /^Concat: rows are put behind other rows$/,
    ],
    [
      'a choice of rows by their number',
      { nodes: [node('Gather', 'x i', 'y')], constants: { i: ints(1, 0) } },
      /^Gather: rows are chosen by their number$/,
    ],
    [
      'values that are made by chance',
      { nodes: [node('RandomNormalLike', 'x', 'y')] },
      /^RandomNormalLike: it is made by chance$/,
    ],
    [
      'a loop',
      {
        nodes: [
          node('Loop', 'n c x', 'y', {
            body: {
              graph: {
                inputs: [{ name: 'i' }, { name: 'k' }, { name: 'v' }],
                outputs: [{ name: 'k' }, { name: 'v' }],
                nodes: [],
              },
            },
          }),
        ],
        constants: { n: { shape: [], values: [2], type: 'int64' }, c: { shape: [], values: [1], type: 'bool' } },
      },
      /^Loop: it is not known to keep rows apart$/,
    ],
    [
      'an output that is a sum of all rows',
      {
        outputs: ['y', 'm'],
        nodes: [node('Identity', 'x', 'y'), node('ReduceSum', 'x', 'm', { keepdims: 0 })],
      },
      /^ReduceSum: it works across rows$/,
    ],
    [
      'an input that has a fixed number of rows',
      { shape: [4, 4], nodes: [node('Identity', 'x', 'y')] },
      /^axis 0 of input x is fixed or unknown$/,
    ],
    [
      'an input with its rows along two axes',
      { shape: ['N', 'N'], nodes: [node('Identity', 'x', 'y')] },
      /^input x has its rows along two axes$/,
    ],
    [
      'an output that has several rows for each row',
      {
        nodes: [node('Reshape', 'x s', 'y')],
        constants: { s: ints(-1, 2) },
      },
      /^output y does not have one row for each row$/,
    ],
    [
      'a Transpose whose perm does not fit the rank',
      { nodes: [node('Transpose', 'x', 'y', { perm: [0, 1, 2] })] },
      /^Transpose: perm does not fit the rank$/,
    ],
    [
      'a value that comes from nowhere',
      { nodes: [node('Add', 'x nothing', 'y')] },
      /^the value "nothing" comes from nowhere$/,
    ],
    [
      'an operator of another domain',
      { nodes: [node('Identity', 'x', 'y', {}, 'com.example')] },
      /^com.example.Identity: it is not known to keep rows apart$/,
    ],
  ])('a graph with %s is not proven to keep rows apart', (_case, options, reason) => {
    const proof = prove(options)
    expect(proof.isProven ? 'proven' : proof.reason).toMatch(reason)
  })
})

const PARITY = join(FIXTURES, 'parity')
const EXAMPLES = join(ROOT, 'examples')
const SERVED = [
  join(MODELS, 'iris/1/model.onnx'),
  ...readdirSync(EXAMPLES)
    .map((name) => join(EXAMPLES, name, '1/model.onnx'))
    .filter((file) => existsSync(file)),
  ...readdirSync(PARITY)
    .filter((name) => !name.includes('.'))
    .map((name) => join(PARITY, name, '1/model.onnx')),
]

test('every example and every export of the parity suite is proven to keep rows apart', () => {
  const unproven = SERVED.flatMap((file) => {
    const { rows } = readModelFile(fileSource(file))
    return rows.isProven ? [] : [`${file}: ${rows.reason}`]
  })
  expect(unproven).toEqual([])
  expect(SERVED.length).toBeGreaterThan(75)
})
