import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../../src/onnx/model-file.ts'
import type { Proof } from '../../../src/onnx/proof.ts'
import { sourceOf } from '../../support/bytes.ts'
import { writeModel } from '../../support/graph-writer.ts'
import type { Constant, Graph, Node, Placed } from '../../support/graph-writer.ts'

// Graphs that the runtime answers otherwise in a joined run: each looks as if its rows kept apart.

interface Case {
  readonly nodes: readonly Node[]
  readonly inputs?: readonly Placed[]
  readonly constants?: Graph['constants']
  readonly opset?: number
}

function prove({ nodes, inputs = [place(['N', 4])], constants = {}, opset = 17 }: Case): Proof {
  const graph: Graph = { nodes, inputs, outputs: [{ name: 'y' }], constants }
  return readModelFile(sourceOf(writeModel(graph, { opset }))).rows
}

/** `-` stands for an input that is left out. */
function node(op: string, inputs: string, outputs: string, attributes: Node['attributes'] = {}, domain = ''): Node {
  const names = inputs.split(' ').map((name) => (name === '-' ? '' : name))
  return { op, inputs: names, outputs: outputs.split(' '), attributes, domain }
}

function place(shape: Placed['shape'], name = 'x', type: NonNullable<Placed['type']> = 'float32'): Placed {
  return { name, shape, type }
}

function ints(...values: number[]): Constant {
  return { shape: [values.length], values, type: 'int64' }
}

const scalar = (value: number): Constant => ({ shape: [], values: [value], type: 'int64' })
const ones: Constant = { shape: [12], values: Array.from({ length: 12 }, () => 1) }
const [zero, one, two, open] = [ints(0), ints(1), ints(2), ints(-1)]
const COUNT = [node('Shape', 'x', 'shape'), node('Slice', 'shape zero one zero', 'count')]
const words = { mark: 0, mincharnum: 1, pad_value: '#', separators: [' '] }
const counted = { max_gram_length: 2, min_gram_length: 1, max_skip_count: 0, mode: 'TF', ngram_indexes: [0, 1] }

function tokenizer(input: string, output: string): Node {
  return node('Tokenizer', input, output, words, 'com.microsoft')
}

function counter(input: string, output: string, pool: readonly string[]): Node {
  return node('TfIdfVectorizer', input, output, { ...counted, ngram_counts: [0, 1], pool_strings: pool })
}

/** A graph without inputs of its own, as the branch of an If. */
function branch(nodes: readonly Node[], output: string): { graph: Graph } {
  return { graph: { nodes, inputs: [], outputs: [{ name: output }] } }
}

describe('graphs that only look as if their rows kept apart', () => {
  test.each<[string, Case, string]>([
    [
      'values of a constant are dropped by chance',
      {
        nodes: [node('Dropout', 'c ratio training', 'd'), node('Add', 'x d', 'y')],
        constants: {
          c: { shape: [4], values: [1, 2, 3, 4] },
          ratio: { shape: [], values: [0.5] },
          training: { shape: [], values: [1], type: 'bool' },
        },
      },
      'Dropout: it may drop values by chance',
    ],
    [
      'a product adds no elements up, as the runtime then answers old memory',
      {
        inputs: [place(['N', 3, 2])],
        nodes: [node('Slice', 'x zero zero one', 'none'), node('MatMul', 'w none', 'y')],
        constants: { zero, one, w: { shape: [2, 0], values: [] } },
      },
      'MatMul: it adds no elements up',
    ],
    [
      'padding separates the words of two texts in one row',
      {
        inputs: [place(['N', 2], 'x', 'string')],
        nodes: [tokenizer('x', 't'), node('Flatten', 't', 'f'), counter('f', 'y', ['b', 'c'])],
      },
      'Flatten: its rows are padded',
    ],
    [
      'branches return rows that are padded',
      {
        inputs: [place(['N'], 'x', 'string')],
        nodes: [
          node('NonZero', 'k', 'n'),
          node('ReduceSum', 'n', 's', { keepdims: 0 }),
          node('Greater', 's z', 'c'),
          node('If', 'c', 't', {
            then_branch: branch([tokenizer('x', 'a')], 'a'),
            else_branch: branch([tokenizer('x', 'b')], 'b'),
          }),
          counter('t', 'y', ['#', 'b']),
        ],
        constants: { k: ones, z: scalar(0) },
      },
      'If: its rows are filled up to the longest of the run',
    ],
    [
      'an empty constant has as many rows as the input',
      {
        inputs: [place(['N', 'M'])],
        nodes: [
          ...COUNT,
          node('Concat', 'count zero', 'size', { axis: 0 }),
          node('ConstantOfShape', 'size', 'c'),
          node('Shape', 'c', 's'),
          node('Slice', 's zero one zero', 'end'),
          node('Slice', 'x zero end one', 'cut'),
          node('ReduceSum', 'cut one', 'y'),
        ],
        constants: { zero, one },
      },
      'ConstantOfShape: it is empty for any number of rows',
    ],
    [
      'a constant of unknown shape is divided among the rows',
      {
        inputs: [place(['N', 'M'])],
        nodes: [
          ...COUNT,
          node('NonZero', 'k', 'n'),
          node('Concat', 'count open', 'size', { axis: 0 }),
          node('Reshape', 'n size', 'c'),
          node('Shape', 'c', 's'),
          node('Slice', 's zero one zero', 'end'),
          node('Slice', 'x zero end one', 'cut'),
          node('ReduceSum', 'cut one', 'y'),
        ],
        constants: { zero, one, open, k: ones },
      },
      'Reshape: a constant is reshaped by the number of rows',
    ],
    [
      'a cast to int32 cuts a known number',
      {
        nodes: [node('Cast', 'far', 'end', { to: 6 }), node('Slice', 'x zero end zero', 'y')],
        constants: { zero, far: { shape: [1], values: [2 ** 62], type: 'int64' } },
      },
      'Slice: rows are chosen by their number',
    ],
    [
      'a sum of known numbers overflows',
      {
        nodes: [node('Add', 'far far', 'end'), node('Slice', 'x zero end zero', 'y')],
        constants: { zero, far: { shape: [1], values: [2 ** 62], type: 'int64' } },
      },
      'Slice: rows are chosen by their number',
    ],
    [
      'a constant of unknown shape is cut by the number of rows',
      {
        nodes: [
          ...COUNT,
          node('NonZero', 'k', 'n'),
          node('Slice', 'n zero count one', 'c'),
          node('Cast', 'c', 'f', { to: 1 }),
          node('ReduceSum', 'f', 's', { keepdims: 0 }),
          node('Reshape', 's single', 'r'),
          node('Add', 'x r', 'y'),
        ],
        constants: { zero, one, single: ints(1, 1), k: ones },
      },
      'Slice: its input 2 depends on the rows',
    ],
    [
      'a constant of unknown shape is padded with a value of the rows',
      {
        inputs: [place(['N'])],
        nodes: [
          node('NonZero', 'k', 'n'),
          node('Cast', 'n', 'f', { to: 1 }),
          node('Pad', 'f pads x', 'c'),
          node('ReduceSum', 'c', 's', { keepdims: 0 }),
          node('Reshape', 's one', 'r'),
          node('Add', 'x r', 'y'),
        ],
        constants: { pads: ints(0, 1, 0, 0), one, k: ones },
      },
      'Pad: its input 2 depends on the rows',
    ],
    [
      'known numbers are transposed with three axes',
      {
        nodes: [
          node('Transpose', 'p', 'q', { perm: [2, 1, 0] }),
          node('Reshape', 'q open', 'pads'),
          node('Pad', 'x pads', 'y', { mode: 'edge' }),
        ],
        constants: { p: { shape: [1, 2, 2], values: [0, 1, 0, 1], type: 'int64' }, open },
      },
      'Pad: the padding is computed',
    ],
    [
      'a size within the graph may be 0, and is compared with 0',
      {
        inputs: [place(['N', 'M'])],
        nodes: [
          node('Slice', 'x five end one', 'cut'),
          node('Shape', 'cut', 's'),
          node('Gather', 's first', 'width'),
          node('Equal', 'width none', 'c'),
          node('If', 'c', 'y', {
            then_branch: branch([node('ReduceMax', 'x', 'm'), node('Sub', 'x m', 'a')], 'a'),
            else_branch: branch([node('Identity', 'x', 'b')], 'b'),
          }),
        ],
        constants: { five: ints(5), end: ints(2 ** 40), one, first: scalar(1), none: scalar(0) },
      },
      'If: ReduceMax: it works across rows',
    ],
    [
      'two axes of one name may have two sizes, which the runtime accepts',
      {
        inputs: [place(['N', 'a']), place(['N', 'a'], 'x2')],
        nodes: [
          node('Shape', 'x2', 's'),
          node('Slice', 's one two zero', 'width'),
          node('Concat', 'open width', 't', { axis: 0 }),
          node('Reshape', 'x t', 'y'),
        ],
        constants: { zero, one, two, open },
      },
      'Reshape: a row may be cut into parts that are not whole',
    ],
    [
      'a Resize scales rows together with all other axes',
      {
        opset: 18,
        inputs: [place(['N', 1, 4, 4])],
        nodes: [
          ...COUNT,
          node('Concat', 'count c', 't', { axis: 0 }),
          node('Resize', 'x - - t', 'y', { mode: 'nearest', keep_aspect_ratio_policy: 'not_larger' }),
        ],
        constants: { zero, one, c: ints(1, 2, 2) },
      },
      'Resize: it resizes all axes alike',
    ],
    [
      'rows are the states of a recurrent network whose sequence is a constant',
      {
        inputs: [place(['N', 1, 4])],
        nodes: [
          node('Transpose', 'x', 'h', { perm: [1, 0, 2] }),
          node('GRU', 'k w r - - h', '- g', { hidden_size: 4 }),
          node('Reshape', 'g size', 'f'),
          node('Add', 'x f', 'y'),
        ],
        constants: {
          k: { shape: [2, 1, 1], values: [1, 2] },
          w: { shape: [1, 12, 1], values: Array.from({ length: 12 }, () => 1) },
          r: { shape: [1, 12, 4], values: Array.from({ length: 48 }, () => 1) },
          size: ints(1, 1, 4),
        },
      },
      'GRU: its input 5 depends on the rows',
    ],
  ])('rows are not proven to keep apart if %s', (_case, graph, reason) => {
    expect(prove(graph)).toEqual({ isProven: false, reason })
  })

  test('rows are not proven to keep apart if a Scan counts its steps and treats the first one differently', () => {
    const then = branch([node('Identity', 'part', 'a')], 'a')
    const otherwise = branch([node('ReduceMax', 'part', 'm'), node('Sub', 'part m', 'b')], 'b')
    const body: Graph = {
      inputs: [place([], 'step', 'int64'), place(['N', 4], 'part')],
      outputs: [place([], 'next', 'int64'), place(['N', 4], 'made')],
      nodes: [
        node('Add', 'step one', 'next'),
        node('Equal', 'step zero', 'isFirst'),
        node('If', 'isFirst', 'made', { then_branch: then, else_branch: otherwise }),
      ],
      constants: { one: scalar(1), zero: scalar(0) },
    }
    const attributes = { num_scan_inputs: 1, scan_input_axes: [1], scan_output_axes: [1], body: { graph: body } }
    const nodes = [node('Scan', 'start x', 'last y', attributes)]
    const reason = 'Scan: If: ReduceMax: it works across rows'
    const graph = { nodes, inputs: [place(['N', 3, 4])], constants: { start: scalar(0) } }
    expect(prove(graph)).toEqual({ isProven: false, reason })
  })
})

test('rows of one text each keep apart, even with thousands of words, unless the padding is counted', () => {
  const pool = Array.from({ length: 5000 }, (_, index) => `word${index}`)
  const inputs = [place(['N', 1], 'x', 'string')]
  const nodes = (list: readonly string[]) => [
    tokenizer('x', 't'),
    node('Flatten', 't', 'f'),
    node('TfIdfVectorizer', 'f', 'y', { ...counted, ngram_counts: [0], pool_strings: list }),
  ]
  expect(prove({ inputs, nodes: nodes(pool) })).toEqual({ isProven: true })
  expect(prove({ inputs, nodes: nodes([...pool, '#']) })).toMatchObject({ isProven: false })
})

describe('small files that could make the proof large', () => {
  test.each<[string, Case, boolean]>([
    [
      'a list that doubles forty times',
      {
        nodes: [
          ...Array.from({ length: 40 }, (_, index) =>
            node('Concat', `c${index} c${index}`, `c${index + 1}`, { axis: 0 }),
          ),
          node('Identity', 'x', 'y'),
        ],
        constants: { c0: ints(1, 1) },
      },
      true,
    ],
    [
      'a slice of a very long axis',
      {
        inputs: [place(['N', 2 ** 40])],
        nodes: [node('Slice', 'x one end one', 'y')],
        constants: { one, end: ints(2 ** 39) },
      },
      true,
    ],
    [
      'axes that are added two thousand times',
      {
        nodes: [
          ...Array.from({ length: 2000 }, (_, index) => node('Unsqueeze', `${index || 'x'} axes`, `${index + 1}`)),
          node('Identity', '2000', 'y'),
        ],
        constants: { axes: ints(...Array.from({ length: 64 }, (_, index) => index + 1)) },
      },
      false,
    ],
  ])('a small file with %s cannot make the proof large', (_case, graph, isProven) => {
    expect(prove(graph)).toMatchObject({ isProven })
  })
})
