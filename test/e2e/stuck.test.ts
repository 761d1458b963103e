import { expect, test, vi } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { get, post } from '../support/http.ts'
import { startServer } from '../support/server-process.ts'
import { CAN_EXIT_WHILE_COMPUTING } from '../support/exit.ts'

const FOR_EVER = { iterations: 100_000_000 }

test('a run that never ends: its model goes unready, the others go on, and the process ends for a restart', async () => {
  const folder = createFolder({ 'slow.onnx': { model: 'slow' }, 'good.onnx': { model: 'regressor' } })
  const server = await startServer({ args: ['--model-dir', folder, '--workers=2', '--max-run=1'] })
  const stuck = await post(`${server.url}/models/slow/predict`, FOR_EVER)
  expect(stuck).toMatchObject({ status: 503, body: { code: 'RUN_TIMEOUT' } })
  expect(await get(`${server.url}/health`)).toMatchObject({
    status: 200,
    body: {
      status: 'degraded',
      models: [
        { name: 'good', status: 'ready' },
        { name: 'slow', status: 'stuck' },
      ],
    },
  })
  const refused = await post(`${server.url}/models/slow/predict`, { iterations: 1 })
  expect(refused).toMatchObject({ status: 503, body: { code: 'MODEL_NOT_READY' } })
  const others = Array.from({ length: 20 }, () => post(`${server.url}/models/good/predict`, { x0: 1, x1: 1 }))
  for (const { status } of await Promise.all(others)) expect(status).toBe(200)
  const outcome = CAN_EXIT_WHILE_COMPUTING ? { code: 3, signal: null } : { code: null, signal: 'SIGKILL' }
  expect(await server.exited).toEqual(outcome)
  expect(server.lines.at(-1)).toMatchObject({ level: 60, model: 'slow' })
})

test('a run that takes too long but ends leaves its model ready again', async () => {
  const folder = createFolder({ 'slow.onnx': { model: 'slow' } })
  const server = await startServer({ args: ['--model-dir', folder, '--workers=1', '--max-run=2'] })
  await post(`${server.url}/predict`, { iterations: 1000 })
  const { computeMs } = (await server.line(({ msg, status }) => msg === 'request' && status === 200)) as unknown as {
    computeMs: number
  }
  // More than two seconds and less than four, on whatever machine.
  const iterations = Math.round((1000 / computeMs) * 2800)
  expect(await post(`${server.url}/predict`, { iterations })).toMatchObject({ status: 503 })
  await vi.waitUntil(async () => (await get(`${server.url}/health`)).status === 200, 5000)
  expect(await post(`${server.url}/predict`, { iterations: 1 })).toMatchObject({ status: 200 })
})

test('runs that never end on every thread: all that was accepted is answered before the process ends', async () => {
  const folder = createFolder({
    'slow.onnx': { model: 'slow' },
    'other/1/model.onnx': { model: 'regressor' },
    'other/model.json': '{"execution":"threads"}',
  })
  const server = await startServer({ args: ['--model-dir', folder, '--workers=2', '--max-run=1'] })
  const stuck = Array.from({ length: 6 }, () => post(`${server.url}/models/slow/predict`, FOR_EVER))
  const others = Array.from({ length: 20 }, () => post(`${server.url}/models/other/predict`, { x0: 1, x1: 1 }))
  for (const answer of await Promise.all(stuck)) {
    // Those that still waited are told that the server ends.
    expect(answer).toMatchObject({
      status: 503,
      body: { code: expect.stringMatching(/^(RUN_TIMEOUT|MODEL_NOT_READY)$/) },
    })
  }
  for (const answer of await Promise.all(others)) {
    expect(answer).toMatchObject({ status: 503, body: { code: 'MODEL_NOT_READY' } })
  }
  await server.exited
})
