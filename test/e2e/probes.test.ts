import { expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { get, post } from '../support/http.ts'
import { startServer } from '../support/server-process.ts'

// About three seconds on a quiet machine. A probe takes a millisecond there.
const ITERATIONS = 20_000
const PROBES = 20

test('probes answer while a model computes for seconds', async () => {
  const { url } = await startServer({ args: ['--model-dir', createFolder({ 'slow.onnx': { model: 'slow' } })] })
  const model = { isComputing: true }
  const answer = post(`${url}/predict`, { iterations: ITERATIONS }).finally(() => (model.isComputing = false))
  for (let probe = 0; probe < PROBES; probe++) {
    expect(await get(`${url}/health`)).toMatchObject({ status: 200, body: { status: 'ok' } })
  }
  // One that waited for the model would have come after it.
  expect(model.isComputing).toBe(true)
  expect(await answer).toMatchObject({ status: 200, body: { predictions: [ITERATIONS] } })
})
