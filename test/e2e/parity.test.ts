import { expect, test } from 'vitest'
import { post } from '../support/http.ts'
import { IRIS } from '../support/iris.ts'
import { startServer } from '../support/server-process.ts'

const FEATURES = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width']
const TOLERANCE = 1e-5

interface Prediction {
  readonly label: string
  readonly probabilities: Readonly<Record<string, number>>
}

function expectParity(predictions: readonly Prediction[], from: number): void {
  predictions.forEach(({ label, probabilities }, index) => {
    const row = from + index
    expect(label).toBe(IRIS.labels[row])
    expect(Object.keys(probabilities)).toEqual(IRIS.classes)
    IRIS.classes.forEach((name, column) => {
      expect(Math.abs(probabilities[name]! - IRIS.probabilities[row]![column]!)).toBeLessThanOrEqual(TOLERANCE)
    })
  })
}

test('the server answers all 150 flowers as scikit-learn does', async () => {
  const { url } = await startServer()
  const batch = await post(`${url}/predict`, { instances: IRIS.rows })
  expect(batch.body.predictions).toHaveLength(150)
  expectParity(batch.body.predictions, 0)

  for (const [row, values] of IRIS.rows.entries()) {
    const record = Object.fromEntries(FEATURES.map((name, column) => [name, values[column]]))
    const { body } = await post(`${url}/models/iris/predict`, record)
    expect(body.predictions).toHaveLength(1)
    expectParity(body.predictions, row)
  }
})
