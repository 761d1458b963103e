import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { fileSource, sourceOf } from '../support/bytes.ts'
import { smallModel } from '../support/onnx-writer.ts'
import { FIXTURES } from '../support/paths.ts'
import { tableModel } from '../support/table-model.ts'
import type { TableNode } from '../support/table-model.ts'

/** The faults of a model of two columns, whose nodes make `y` of `x`. */
function faultsOf(nodes: readonly TableNode[], constants: Readonly<Record<string, Float32Array>> = {}): string[] {
  const file = tableModel({ inputs: { x: 2 }, nodes, outputs: { y: 2 }, constants })
  return [...readModelFile(sourceOf(file)).knownFaults]
}

function node(operator: string, inputs: string, outputs: string, attributes: TableNode['attributes'] = {}): TableNode {
  return { operator, inputs: inputs.split(' '), outputs: outputs.split(' '), attributes }
}

function classifier(outputs: string, attributes: TableNode['attributes'] = {}): TableNode {
  return node('ai.onnx.ml.SVMClassifier', 'x', outputs, { classlabels_ints: [0, 1], ...attributes })
}

describe('a file with a known fault of its converter', () => {
  test('a file has a known fault if it answers the scores of an SVMClassifier of two classes', () => {
    const swapped = [expect.stringMatching(/two classes: skl2onnx gives each class the score of the other/)]
    expect(faultsOf([classifier('label scores'), node('Cast', 'scores', 'y')])).toEqual(swapped)
    expect(faultsOf([classifier('label y')])).toEqual(swapped)
    // Probabilities, more classes, and the label are right, and so are scores that something else computes on.
    expect(faultsOf([classifier('label y', { prob_a: { floats: [1] } })])).toEqual([])
    expect(faultsOf([classifier('label y', { classlabels_ints: [0, 1, 2] })])).toEqual([])
    expect(faultsOf([classifier('y scores')])).toEqual([])
    expect(faultsOf([classifier('label scores'), node('Neg', 'scores', 'y')])).toEqual([])
  })

  test('a file has a known fault if it picks the largest of the scores of several classifiers', () => {
    const oneVsRest = (kind: string, attributes: TableNode['attributes'] = {}) => [
      node(kind, 'x', 'label0 a', attributes),
      node(kind, 'x', 'label1 b', attributes),
      node('ai.onnx.ml.ArrayFeatureExtractor', 'a one', 'a1'),
      node('Cast', 'b', 'cast'),
      node('Slice', 'cast one', 'b1'),
      node('Concat', 'a1 b1', 'all'),
      node('ArgMax', 'all', 'y'),
    ]
    const found = [expect.stringMatching(/one-vs-rest classifier over scores/)]
    expect(faultsOf(oneVsRest('ai.onnx.ml.LinearClassifier'))).toEqual(found)
    expect(faultsOf(oneVsRest('ai.onnx.ml.SVMClassifier'))).toEqual(found)
    expect(faultsOf(oneVsRest('ai.onnx.ml.LinearClassifier', { post_transform: 'LOGISTIC' }))).toEqual([])
    expect(faultsOf(oneVsRest('ai.onnx.ml.TreeEnsembleClassifier'))).toEqual([])
  })

  test('a file has a known fault if it has weights for columns that its imputer does not pass on', () => {
    const linear = (weights: number) => [
      node('ai.onnx.ml.Imputer', 'x', 'full', {
        imputed_value_floats: { floats: [1, 2] },
        replaced_value_float: { float: NaN },
      }),
      node('ai.onnx.ml.LinearRegressor', 'full', 'y', { coefficients: { floats: Array<number>(weights).fill(1) } }),
    ]
    expect(faultsOf(linear(4))).toEqual([expect.stringMatching(/weights for other columns than it gets/)])
    expect(faultsOf(linear(2))).toEqual([])
  })

  test('a file has a known fault if it takes the nearest point of an isotonic curve', () => {
    const nearest = [
      node('Sub', 'x points', 'differences'),
      node('Abs', 'differences', 'distances'),
      node('ArgMin', 'distances', 'index'),
      node('ai.onnx.ml.ArrayFeatureExtractor', 'values index', 'y'),
    ]
    expect(faultsOf(nearest)).toEqual([expect.stringMatching(/isotonic curve/)])
  })

  test('a file has a known fault if it weighs neighbours by distances of the wrong sign', () => {
    const weights = (largest: number) => [
      node('TopK', 'x k', 'values indices', { largest }),
      node('Mul', 'values factor', 'negated'),
      node('Max', 'negated tiny', 'floor'),
      node('Reciprocal', 'floor', 'y'),
    ]
    const found = [expect.stringMatching(/weighs neighbours by their distance/)]
    expect(faultsOf(weights(0), { factor: Float32Array.of(-1) })).toEqual(found)
    expect(faultsOf(weights(0), { factor: Float32Array.of(1) })).toEqual([])
    expect(faultsOf(weights(1), { factor: Float32Array.of(-1) })).toEqual([])
  })

  test('a file has a known fault if it divides rows by their largest value', () => {
    const found = [expect.stringMatching(/largest value, where scikit-learn takes the largest magnitude/)]
    expect(faultsOf([node('ai.onnx.ml.Normalizer', 'x', 'y', { norm: 'MAX' })])).toEqual(found)
    expect(faultsOf([node('ai.onnx.ml.Normalizer', 'x', 'y')])).toEqual(found)
    expect(faultsOf([node('ai.onnx.ml.Normalizer', 'x', 'y', { norm: 'L2' })])).toEqual([])
  })

  test('a file has a known fault if it leaves out the last function of a loss of CatBoost', () => {
    const faultsWith = (type: string) => {
      const params = JSON.stringify({ loss_function: { type, params: {} } })
      return readModelFile(sourceOf(smallModel({ metadata: { params } }))).knownFaults
    }
    expect(faultsWith('Poisson')).toEqual([expect.stringMatching(/logarithm/)])
    expect(faultsWith('Tweedie')).toEqual([expect.stringMatching(/logarithm/)])
    expect(faultsWith('MultiClassOneVsAll')).toEqual([expect.stringMatching(/one sigmoid/)])
    expect(faultsWith('RMSE')).toEqual([])
  })
})

test('no model of the parity suite has the shape of a known fault', () => {
  const folder = join(FIXTURES, 'parity')
  const names = readdirSync(folder).filter((name) => !name.includes('.'))
  const faulty = names.filter((name) => {
    return readModelFile(fileSource(join(folder, name, '1/model.onnx'))).knownFaults.length > 0
  })
  expect(faulty).toEqual([])
})
