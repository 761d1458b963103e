import { expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { get, post } from '../support/http.ts'
import { startServer } from '../support/server-process.ts'

// A health answer takes about a millisecond; a blocked one, as long as the model computes.
const BLOCKED_MS = 250
// About three seconds, some of it for a slow machine.
const ITERATIONS = 20_000

test('probes answer while a model computes for seconds', async () => {
  const { url } = await startServer({ args: ['--model-dir', createFolder({ 'slow.onnx': { model: 'slow' } })] })
  const model = { isComputing: true }
  const startedAt = performance.now()
  const answer = post(`${url}/predict`, { iterations: ITERATIONS }).finally(() => (model.isComputing = false))

  const durations: number[] = []
  while (model.isComputing) {
    const before = performance.now()
    expect(await get(`${url}/health`)).toMatchObject({ status: 200, body: { status: 'ok' } })
    durations.push(performance.now() - before)
  }
  const computedMs = performance.now() - startedAt
  expect(await answer).toMatchObject({ status: 200, body: { predictions: [ITERATIONS] } })
  durations.sort((a, b) => a - b)
  const p99 = durations[Math.floor(durations.length * 0.99)]!
  process.stdout.write(
    `health while a model computed for ${Math.round(computedMs)} ms: ${durations.length} probes, ` +
      `p50 ${durations[Math.floor(durations.length / 2)]!.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`,
  )
  expect(computedMs).toBeGreaterThan(1000)
  expect(durations.length).toBeGreaterThan(20)
  expect(p99).toBeLessThan(BLOCKED_MS)
})
