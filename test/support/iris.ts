import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FIXTURES } from './paths.ts'

/** scikit-learn's own answers for the iris data, made by tools/train_iris.py. */
export const IRIS = JSON.parse(readFileSync(join(FIXTURES, 'iris-predictions.json'), 'utf8')) as {
  readonly classes: readonly string[]
  readonly rows: readonly (readonly number[])[]
  readonly labels: readonly string[]
  readonly probabilities: readonly (readonly number[])[]
}

export const FLOWER = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }

export const FLOWER_ANSWER = {
  model: 'iris',
  version: '1',
  predictions: [{ label: 'setosa', probabilities: { setosa: 1, versicolor: 0, virginica: 0 } }],
}
