import { expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { get, post } from '../support/http.ts'
import { insist, startServer } from '../support/server-process.ts'

const FOR_EVER = { iterations: 100_000_000 }

test('a run that never ends is ended with its worker, its model answers again, and other models are not delayed', async () => {
  const folder = createFolder({ 'slow.onnx': { model: 'slow' }, 'good.onnx': { model: 'regressor' } })
  const server = await startServer({ args: ['--model-dir', folder, '--workers=2', '--max-run=1'] })
  const stuck = post(`${server.url}/models/slow/predict`, FOR_EVER)
  for (let count = 0; count < 20; count++) {
    expect(await post(`${server.url}/models/good/predict`, { x0: 1, x1: 1 })).toMatchObject({ status: 200 })
  }
  expect(await stuck).toMatchObject({
    status: 503,
    body: { code: 'RUN_TIMEOUT', error: 'the model has computed for 1000 ms, longer than it may' },
  })
  expect(await get(`${server.url}/health`)).toMatchObject({ status: 200, body: { status: 'ok' } })
  expect(await post(`${server.url}/models/slow/predict`, { iterations: 1 })).toMatchObject({ status: 200 })
  expect(await server.line(({ msg }) => msg?.startsWith('a worker ended') ?? false)).toMatchObject({
    msg: 'a worker ended: a run took longer than 1000 ms; another takes its place',
    file: expect.stringMatching(/slow\.onnx$/),
  })
})

test('other models answer while every worker has a run that never ends', async () => {
  const folder = createFolder({
    'slow.onnx': { model: 'slow' },
    'other/1/model.onnx': { model: 'regressor' },
    'other/model.json': '{"execution":"workers"}',
  })
  const server = await startServer({ args: ['--model-dir', folder, '--workers=2', '--max-run=60'] })
  const endless = Array.from({ length: 6 }, () => post(`${server.url}/models/slow/predict`, FOR_EVER))
  const ended = Promise.race(endless)
  for (let count = 0; count < 20; count++) {
    const answer = post(`${server.url}/models/other/predict`, { x0: 1, x1: 1 })
    expect(await Promise.race([answer, ended])).toMatchObject({ status: 200, body: { model: 'other' } })
  }
  await insist(server, 'SIGTERM')
  // Every accepted request is answered before the process ends.
  for (const answer of await Promise.all(endless)) {
    expect(answer).toMatchObject({ status: 503, body: { code: 'MODEL_NOT_READY' } })
  }
  expect(await server.exited).toEqual({ code: 1, signal: null })
})
