import { join } from 'node:path'
import { expect, test } from 'vitest'
import { predictCodec } from '../../../src/protocols/predict/predict.ts'
import { ROOT } from '../../support/paths.ts'
import { loadRegistry } from '../../support/registry.ts'
import { textOf } from '../../support/answers.ts'

test('the models under examples/ load, and the titanic model answers a passenger with missing values', async () => {
  const registry = await loadRegistry(join(ROOT, 'examples'))
  const states = registry.list().map(({ name, status }) => `${name} ${status}`)
  const names = ['diabetes', 'digits', 'recommender', 'recommender-top', 'reviews', 'titanic']
  expect(states).toEqual(names.map((name) => `${name} ready`))

  const titanic = registry.get('titanic')
  const passenger = { pclass: 3, sex: 'male', age: null, sibsp: 0, parch: 0, fare: 8, embarked: null }
  const bytes = Buffer.from(JSON.stringify(passenger))
  const request = predictCodec.decode({ bytes, isCsv: false }, titanic.view)
  const reply = textOf(predictCodec.encode(await titanic.infer(request), request, titanic.view))
  expect(JSON.parse(reply)).toMatchObject({ predictions: [{ label: 'died' }] })
})
