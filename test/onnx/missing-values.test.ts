import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { sourceOf } from '../support/bytes.ts'
import { PARITY, fixtures } from '../support/parity.ts'
import { tableModel } from '../support/table-model.ts'
import type { TableModel, TableNode } from '../support/table-model.ts'

const ML = 'ai.onnx.ml'
const LEFT_OUT = 'no part of the model is known to handle it'
const REPLACED = 'the model replaces it'
const RECORDED = 'the trees of the model record where it goes'
const UNRECORDED = 'the trees of the model do not record where it goes'

/** For each column of the inputs: `+` where the graph is proven to handle a missing value, and why. */
function proofs(table: TableModel): { X: string[] } {
  const { missing } = readModelFile(sourceOf(tableModel(table)))
  const entries = Array.from(missing, ([name, columns]) => [
    name,
    columns.map(({ isHandled, reason }) => `${isHandled ? '+' : '-'} ${reason}`),
  ])
  return Object.fromEntries(entries) as { X: string[] }
}

function node(operator: string, inputs: string[], output: string, attributes: TableNode['attributes'] = {}): TableNode {
  return { operator, inputs, outputs: [output], attributes }
}

function imputer(input: string, output: string, values: number[], replaced = Number.NaN): TableNode {
  const attributes = { imputed_value_floats: { floats: values }, replaced_value_float: { float: replaced } }
  return node(`${ML}.Imputer`, [input], output, attributes)
}

interface Trees {
  readonly tracks?: readonly number[]
  readonly mode?: string
  readonly columns?: readonly number[]
}

/** An ensemble with a node for each of `columns`, each a tree with two leaves. */
function trees(input: string, { tracks = [1, 0], mode = 'BRANCH_LEQ', columns = [0, 1] }: Trees = {}): TableNode {
  const lists = columns.map((column, tree) => ({
    nodes_treeids: [tree, tree, tree],
    nodes_nodeids: [0, 1, 2],
    nodes_featureids: [column, 0, 0],
    nodes_modes: [mode, 'LEAF', 'LEAF'],
    nodes_missing_value_tracks_true: [tracks[tree] ?? 0, 0, 0],
  }))
  const keys = Object.keys(lists[0]!) as (keyof (typeof lists)[number])[]
  const attributes = Object.fromEntries(
    keys.map((key) => [key, lists.flatMap((list): (number | string)[] => list[key])]),
  )
  return node(`${ML}.TreeEnsembleRegressor`, [input], 'y', attributes as TableNode['attributes'])
}

function model(nodes: TableNode[], others: Partial<TableModel> = {}): TableModel {
  return { inputs: { X: 2 }, outputs: { y: 1 }, nodes, ...others }
}

const end = (input: string): TableNode => node(`${ML}.SVMRegressor`, [input], 'y')
const dead = (operator: string): string => `- the operator ${operator} is not known to handle it`

describe('an imputer', () => {
  test('an imputer handles the missing values of all its columns', () => {
    expect(proofs(model([imputer('X', 'filled', [1, 2]), end('filled')]))).toEqual({
      X: [`+ ${REPLACED}`, `+ ${REPLACED}`],
    })
    expect(proofs(model([imputer('X', 'filled', [1]), end('filled')])).X).toEqual([`+ ${REPLACED}`, `+ ${REPLACED}`])
  })

  test('an imputer that replaces another value than NaN handles no missing values', () => {
    expect(proofs(model([imputer('X', 'filled', [1, 2], -1), end('filled')])).X).toEqual([
      dead('Imputer'),
      dead('Imputer'),
    ])
  })

  test('an imputer that fills a column with NaN does not handle that column', () => {
    expect(proofs(model([imputer('X', 'filled', [1, Number.NaN]), end('filled')])).X).toEqual([
      `+ ${REPLACED}`,
      '- the model replaces it by a missing value',
    ])
  })

  test('an imputer proves nothing if its column also goes elsewhere before it is filled', () => {
    const beside = [imputer('X', 'filled', [1, 2]), end('filled'), node('Abs', ['X'], 'z')]
    expect(proofs(model(beside)).X).toEqual([dead('Abs'), dead('Abs')])
    const answered = model([imputer('X', 'y', [1, 2]), node('Identity', ['X'], 'z')], { outputs: { y: 2, z: 2 } })
    expect(proofs(answered).X).toEqual(['- the model answers it in z', '- the model answers it in z'])
  })

  test('an imputer handles each of more than a thousand columns, except one that it fills with NaN', () => {
    const wide = Array.from({ length: 1500 }, (_, index) => (index === 1400 ? Number.NaN : index))
    const found = proofs(model([imputer('X', 'filled', wide), end('filled')], { inputs: { X: 1500 } })).X
    expect(found.flatMap((text, column) => (text.startsWith('+') ? [] : [column]))).toEqual([1400])
  })
})

describe('a column', () => {
  test.each<[what: string, nodes: TableNode[], others?: Partial<TableModel>]>([
    ['Identity', [node('Identity', ['X'], 'a')]],
    ['a Cast to another float', [node('Cast', ['X'], 'a', { to: 11 })]],
    ['Flatten', [node('Flatten', ['X'], 'a')]],
    ['Scaler', [node(`${ML}.Scaler`, ['X'], 'a')]],
    ['FeatureVectorizer', [node(`${ML}.FeatureVectorizer`, ['X'], 'a')]],
    ['arithmetic with one constant', [node('Sub', ['X', 'one'], 'a')], { constants: { one: Float32Array.of(1) } }],
    [
      'arithmetic with a constant for each column',
      [node('Div', ['X', 'two'], 'a')],
      { constants: { two: Float32Array.of(1, 2) } },
    ],
    [
      'a Reshape to the same shape',
      [node('Reshape', ['X', 'same'], 'a')],
      { constants: { same: BigInt64Array.of(-1n, 2n) } },
    ],
  ])('a column is followed through %s to its imputer', (_what, nodes, others) => {
    expect(proofs(model([...nodes, imputer('a', 'filled', [1, 2]), end('filled')], others)).X).toEqual([
      `+ ${REPLACED}`,
      `+ ${REPLACED}`,
    ])
  })

  test.each<[what: string, nodes: TableNode[], operator: string, others?: Partial<TableModel>]>([
    ['a Cast to integers', [node('Cast', ['X'], 'a', { to: 7 })], 'Cast'],
    ['an unknown operator', [node('Relu', ['X'], 'a')], 'Relu'],
    ['an operator of another domain', [node(`${ML}.Identity`, ['X'], 'a')], 'Identity'],
    ['a Concat of rows', [node('Concat', ['X', 'X'], 'a', { axis: 0 })], 'Concat'],
    [
      'a Reshape to another shape',
      [node('Reshape', ['X', 'to'], 'a')],
      'Reshape',
      { constants: { to: BigInt64Array.of(2n, -1n) } },
    ],
    ['arithmetic of columns', [node('Add', ['X', 'X'], 'a')], 'Add'],
  ])('a column is not followed through %s', (_what, nodes, operator, others) => {
    expect(proofs(model([...nodes, imputer('a', 'filled', [1]), end('filled')], others)).X).toEqual([
      dead(operator),
      dead(operator),
    ])
  })

  test('a column is followed through a choice of columns by its position', () => {
    const constants = {
      first: BigInt64Array.of(0n),
      last: BigInt64Array.of(-1n),
      axis: BigInt64Array.of(1n),
      two: BigInt64Array.of(2n),
    }
    const picks = [
      node(`${ML}.ArrayFeatureExtractor`, ['X', 'first'], 'a'),
      node('Gather', ['X', 'last'], 'a', { axis: 1 }),
      node('Slice', ['X', 'axis', 'two', 'axis'], 'a'),
    ]
    const found = picks.map(
      (pick) => proofs(model([pick, imputer('a', 'filled', [1]), end('filled')], { inputs: { X: 3 }, constants })).X,
    )
    const left = `- ${LEFT_OUT}`
    expect(found).toEqual([
      [`+ ${REPLACED}`, left, left],
      [left, left, `+ ${REPLACED}`],
      [left, `+ ${REPLACED}`, left],
    ])
  })

  test('a column is followed through a Concat of columns of several inputs', () => {
    const nodes = [
      node('Cast', ['n'], 'c', { to: 1 }),
      node('Concat', ['a', 'c', 'b'], 'all', { axis: 1 }),
      imputer('all', 'filled', [1, Number.NaN, Number.NaN]),
      end('filled'),
    ]
    expect(proofs(model(nodes, { inputs: { a: 1, n: 1, b: 1 }, types: { n: 7 } }))).toEqual({
      a: [`+ ${REPLACED}`],
      b: ['- the model replaces it by a missing value'],
    })
  })

  test('a column is proven by one branch if the other branches leave it out', () => {
    const constants = { first: BigInt64Array.of(0n), second: BigInt64Array.of(1n) }
    const nodes = [
      node('Gather', ['X', 'first'], 'a', { axis: 1 }),
      node('Gather', ['X', 'second'], 'b', { axis: 1 }),
      imputer('a', 'filled', [1]),
      node('Concat', ['filled', 'b'], 'both', { axis: -1 }),
      end('both'),
    ]
    expect(proofs(model(nodes, { constants })).X).toEqual([`+ ${REPLACED}`, dead('SVMRegressor')])
  })

  test('an input with a free number of columns has one proof for all of them', () => {
    const free = { inputs: { X: 'columns' } }
    expect(proofs(model([imputer('X', 'filled', [1]), end('filled')], free)).X).toEqual([`+ ${REPLACED}`])
    expect(proofs(model([imputer('X', 'filled', [1, 2]), end('filled')], free)).X).toEqual([dead('Imputer')])
  })

  test('a column that a graph within a node reads is not followed', () => {
    const body: TableModel = { inputs: {}, nodes: [node('Abs', ['X'], 'inner')], outputs: { inner: 2 } }
    const nodes = [imputer('X', 'filled', [1, 2]), node('If', ['flag'], 'y', { then_branch: { graph: body } })]
    expect(proofs(model(nodes)).X).toEqual([dead('If'), dead('If')])
  })

  test('a column is not followed if the nodes are out of order', () => {
    const nodes = [node('Abs', ['a'], 'z'), node('Identity', ['X'], 'a'), imputer('a', 'filled', [1, 2]), end('filled')]
    const why = '- the file cannot be followed: its nodes are in no usable order'
    expect(proofs(model(nodes)).X).toEqual([why, why])
  })

  test('a column of integers gets no proof', () => {
    const nodes = [imputer('X', 'filled', [1, 2]), end('filled')]
    expect(proofs(model(nodes, { inputs: { X: 2 }, types: { X: 7 } }))).toEqual({})
  })
})

describe('IsNaN and Where', () => {
  const asked = node('IsNaN', ['X'], 'gaps')

  test.each<[what: string, fill: Float32Array, found: string[]]>([
    ['one value for all columns', Float32Array.of(0), [`+ ${REPLACED}`, `+ ${REPLACED}`]],
    [
      'a value for each column, except a column whose value is NaN',
      Float32Array.of(1, Number.NaN),
      [`+ ${REPLACED}`, '- the model replaces it by a missing value'],
    ],
  ])('IsNaN and Where replace missing values by %s', (_what, fill, found) => {
    const nodes = [asked, node('Where', ['gaps', 'fill', 'X'], 'filled'), end('filled')]
    expect(proofs(model(nodes, { constants: { fill } })).X).toEqual(found)
  })

  test.each<[what: string, nodes: TableNode[], operator: string]>([
    [
      'Where fills another tensor',
      [node('Identity', ['X'], 'Z'), node('Where', ['gaps', 'fill', 'Z'], 'filled')],
      'Where',
    ],
    ['Where has its values in the other order', [node('Where', ['gaps', 'X', 'fill'], 'filled')], 'Where'],
    ['Where puts in a computed value', [node('Where', ['gaps', 'X', 'X'], 'filled')], 'Where'],
    ['another node uses the answer of IsNaN', [node('Cast', ['gaps'], 'filled', { to: 1 })], 'Cast'],
  ])('IsNaN and Where handle no missing values if %s', (_what, nodes, operator) => {
    const constants = { fill: Float32Array.of(0) }
    expect(proofs(model([asked, ...nodes, end('filled')], { constants })).X).toEqual([dead(operator), dead(operator)])
  })
})

describe('an ensemble of trees', () => {
  test('trees that record where missing values go handle every column, also columns that no node reads', () => {
    const found = proofs(model([trees('X', { columns: [0] })], { inputs: { X: 3 } })).X
    expect(found).toEqual([`+ ${RECORDED}`, `+ ${RECORDED}`, `+ ${RECORDED}`])
  })

  test('trees with only zeros in their record handle no missing values by default', () => {
    expect(proofs(model([trees('X', { tracks: [0, 0] })])).X).toEqual([`- ${UNRECORDED}`, `- ${UNRECORDED}`])
  })

  test('trees without a record do not handle missing values', () => {
    const { attributes, ...ensemble } = trees('X')
    const { nodes_missing_value_tracks_true: _tracks, ...others } = attributes!
    expect(proofs(model([{ ...ensemble, attributes: others }])).X).toEqual([`- ${UNRECORDED}`, `- ${UNRECORDED}`])
  })

  test.each<[what: string, producer: [string, string], trees: Trees, isRecorded: boolean]>([
    [
      'zeros that onnxmltools writes for trees of XGBoost are a record of missing values',
      ['OnnxMLTools', '1.16.0'],
      { mode: 'BRANCH_LT' },
      true,
    ],
    [
      'zeros that CatBoost writes for its trees are a record of missing values',
      ['CatBoost', 'Git info: 1.2'],
      { mode: 'BRANCH_GT' },
      true,
    ],
    [
      'zeros that onnxmltools would write for trees of scikit-learn are no record of missing values',
      ['OnnxMLTools', '1.16.0'],
      { mode: 'BRANCH_LEQ' },
      false,
    ],
    [
      'zeros that an unknown exporter writes for trees are no record of missing values',
      ['torch', '2'],
      { mode: 'BRANCH_LT' },
      false,
    ],
  ])('%s', (_what, producer, given, isRecorded) => {
    const found = proofs(model([trees('X', { tracks: [0, 0], ...given })], { producer })).X
    expect(found[0]).toBe(isRecorded ? `+ ${RECORDED}` : `- ${UNRECORDED}`)
  })

  test('the record in trees of LightGBM is not trusted if an onnxmltools before 1.9 wrote it', () => {
    const found = ['1.8.0', '1.9.0', '1.16.0'].map((version) => {
      return proofs(model([trees('X')], { producer: ['OnnxMLTools', version] })).X[0]
    })
    expect(found).toEqual([`- ${UNRECORDED}`, `+ ${RECORDED}`, `+ ${RECORDED}`])
  })

  test('trees do not handle a column that they compare for equality', () => {
    const mixed = trees('X', { mode: 'BRANCH_EQ', columns: [1] })
    expect(proofs(model([mixed])).X).toEqual([`+ ${RECORDED}`, '- the trees of the model compare it for equality'])
  })

  test('trees prove nothing beside other trees that record nothing', () => {
    const other = { ...trees('X', { tracks: [0, 0] }), outputs: ['z'] }
    expect(proofs(model([trees('X'), other])).X).toEqual([`- ${UNRECORDED}`, `- ${UNRECORDED}`])
  })
})

describe('a linear model behind an imputer', () => {
  const lists = (counts: Record<string, number>) =>
    Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, { floats: Array(count).fill(0.5) }]))
  const other = (operator: string): string => `- the operator ${operator} has weights for other columns than it gets`

  test.each<[what: string, operator: string, attributes: TableNode['attributes'], isWhole: boolean]>([
    [
      'a linear model with a weight for each column keeps the proof of its imputer',
      'LinearRegressor',
      lists({ coefficients: 2 }),
      true,
    ],
    [
      'a linear model with weights for two targets keeps the proof of its imputer',
      'LinearRegressor',
      { ...lists({ coefficients: 4 }), targets: 2 },
      true,
    ],
    [
      'a linear model with weights for three classes keeps the proof of its imputer',
      'LinearClassifier',
      lists({ coefficients: 6, intercepts: 3 }),
      true,
    ],
    [
      'a linear model with one weight too many breaks the proof of its imputer',
      'LinearRegressor',
      lists({ coefficients: 3 }),
      false,
    ],
    [
      'a linear model with twice the weights breaks the proof of its imputer',
      'LinearRegressor',
      lists({ coefficients: 4 }),
      false,
    ],
    [
      'a linear model with weights for classes that it does not have breaks the proof of its imputer',
      'LinearClassifier',
      lists({ coefficients: 6, intercepts: 2 }),
      false,
    ],
  ])('%s', (_what, operator, attributes, isWhole) => {
    const nodes = [imputer('X', 'filled', [1, 2]), node(`${ML}.${operator}`, ['filled'], 'y', attributes)]
    const found = isWhole ? `+ ${REPLACED}` : other(operator)
    expect(proofs(model(nodes)).X).toEqual([found, found])
  })
})

describe('the models of the parity suite', () => {
  const missing = JSON.parse(readFileSync(`${PARITY}/missing.json`, 'utf8')) as Record<
    string,
    readonly { input: unknown; raises?: string }[]
  >

  /** The columns that the graph is proven to handle: `X[0]`. */
  function handled(name: string): string[] {
    const file = readFileSync(`${PARITY}/${name}/1/model.onnx`)
    return Array.from(readModelFile(sourceOf(file)).missing).flatMap(([input, columns]) =>
      columns.flatMap(({ isHandled }, column) => (isHandled ? [`${input}[${column}]`] : [])),
    )
  }

  test('in the parity suite, only boosted models and models that fill gaps are proven to handle missing values', () => {
    const proven = fixtures.filter(({ name }) => handled(name).length > 0).map(({ name }) => name)
    expect(proven).toEqual(expect.arrayContaining(['xgboost-classifier', 'lightgbm-regressor', 'catboost-classifier']))
    expect(proven).toEqual(
      expect.arrayContaining(['hist-gradient-boosting-regressor', 'imputed-logistic', 'table-forest']),
    )
    const others = /^(xgboost|lightgbm|catboost|hist-gradient|imputed|simple-imputer|table-)/
    expect(proven.filter((name) => !others.test(name))).toEqual([])
  })

  test('no model of the parity suite is proven to handle missing values if the original raises an error', () => {
    const wrong = fixtures.filter(({ name }) => {
      // In these every row has a gap; those of several inputs have gaps in columns of strings as well.
      const isTable = Array.isArray(missing[name]?.[0]?.input)
      return isTable && missing[name]!.some(({ raises }) => raises) && handled(name).length > 0
    })
    expect(wrong).toEqual([])
  })
})
