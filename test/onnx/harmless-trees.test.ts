import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { sourceOf } from '../support/bytes.ts'
import { writeModel } from '../support/graph-writer.ts'

type Lists = Record<string, readonly number[] | readonly string[] | number>

// Two trees: a root with two leaves, and a root whose left child is a branch.
const SOUND: Lists = {
  nodes_treeids: [0, 0, 0, 1, 1, 1, 1, 1],
  nodes_nodeids: [0, 1, 2, 0, 1, 2, 3, 4],
  nodes_featureids: [0, 0, 0, 1, 0, 0, 0, 0],
  nodes_truenodeids: [1, 0, 0, 1, 3, 0, 0, 0],
  nodes_falsenodeids: [2, 0, 0, 2, 4, 0, 0, 0],
  nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF', 'BRANCH_LT', 'BRANCH_GT', 'LEAF', 'LEAF', 'LEAF'],
  class_treeids: [0, 0, 1, 1, 1],
  class_nodeids: [1, 2, 2, 3, 4],
  class_ids: [0, 1, 0, 1, 1],
  classlabels_strings: ['no', 'yes'],
}

const REGRESSOR: Lists = {
  ...Object.fromEntries(Object.entries(SOUND).filter(([name]) => name.startsWith('nodes'))),
  target_treeids: [0, 0],
  target_nodeids: [1, 2],
  target_ids: [0, 0],
  n_targets: 1,
}

/** Why an ensemble of these lists is not harmless; undefined where it is. */
function harmOf(attributes: Lists, op = 'TreeEnsembleClassifier'): string | undefined {
  const bytes = writeModel({
    nodes: [{ op, inputs: ['x'], outputs: ['label', 'scores'], attributes, domain: 'ai.onnx.ml' }],
    inputs: [{ name: 'x', shape: ['N', 4] }],
    outputs: [{ name: 'label', type: 'string' }, { name: 'scores' }],
  })
  const { harmless } = readModelFile(sourceOf(bytes))
  return harmless.isProven ? undefined : harmless.reason
}

describe('an ensemble of trees', () => {
  test('an ensemble of trees is harmless if all its lists fit', () => {
    expect(harmOf(SOUND)).toBeUndefined()
    expect(harmOf(REGRESSOR, 'TreeEnsembleRegressor')).toBeUndefined()
  })

  test.each<[string, Lists, RegExp]>([
    ['a branch leads back to the root', { nodes_truenodeids: [1, 0, 0, 1, 0, 0, 0, 0] }, /do not form a tree$/],
    ['a branch leads to itself', { nodes_falsenodeids: [2, 0, 0, 2, 1, 0, 0, 0] }, /do not form a tree$/],
    ['two branches lead to one node', { nodes_falsenodeids: [2, 0, 0, 2, 2, 0, 0, 0] }, /do not form a tree$/],
    ['a branch leads nowhere', { nodes_truenodeids: [2 ** 40, 0, 0, 1, 3, 0, 0, 0] }, /do not form a tree$/],
    ['two nodes have one number', { nodes_nodeids: [0, 1, 2, 0, 1, 2, 3, 3] }, /do not form a tree$/],
    [
      'the nodes of a tree are not together',
      { nodes_treeids: [0, 0, 1, 1, 1, 1, 1, 0] },
      /its trees are mixed$|do not form a tree$/,
    ],
    ['a tree comes twice', { nodes_treeids: [0, 0, 0, 1, 1, 1, 1, 0] }, /its trees are mixed$|do not form a tree$/],
    ['a list is too short', { nodes_featureids: [0] }, /differ in length$/],
    ['a list of answers is too short', { class_nodeids: [1] }, /differ in length$/],
    ['a class is beyond the last one', { class_ids: [0, 1, 0, 1, 2] }, /class_ids are out of range$/],
    ['a class is negative', { class_ids: [0, 1, 0, -1, 1] }, /class_ids are out of range$/],
    ['a column is negative', { nodes_featureids: [0, 0, 0, -1, 0, 0, 0, 0] }, /nodes_featureids are out of range$/],
    ['it has only one class', { classlabels_strings: ['no'], class_ids: [0, 0, 0, 0, 0] }, /less than two classes$/],
  ])('an ensemble of trees is not harmless if %s', (_case, lists, reason) => {
    expect(harmOf({ ...SOUND, ...lists })).toMatch(reason)
  })

  test('an ensemble of trees is not harmless if it answers a target that it does not have', () => {
    expect(harmOf({ ...REGRESSOR, target_ids: [0, 1] }, 'TreeEnsembleRegressor')).toMatch(
      /target_ids are out of range$/,
    )
  })

  test('an ensemble of trees is not harmless if a tree is too deep for recursion', () => {
    const count = 10_001
    const nodes = Array.from({ length: count }, (_, index) => index)
    const isLeaf = (index: number) => index % 2 === 0 && index > 0
    const isLast = (index: number) => isLeaf(index) || index >= count - 2
    const lists: Lists = {
      ...REGRESSOR,
      nodes_treeids: nodes.map(() => 0),
      nodes_nodeids: nodes,
      nodes_featureids: nodes.map(() => 0),
      nodes_modes: nodes.map((index) => (isLast(index) ? 'LEAF' : 'BRANCH_LEQ')),
      nodes_truenodeids: nodes.map((index) => (isLast(index) ? 0 : index + 1)),
      nodes_falsenodeids: nodes.map((index) => (isLast(index) ? 0 : index + 2)),
    }
    expect(harmOf(lists, 'TreeEnsembleRegressor')).toMatch(/more than 10000 nodes$/)
  })
})
