import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pino } from 'pino'
import request from 'supertest'
import { expect, onTestFinished, test } from 'vitest'
import { parseCommand } from '../src/command.ts'
import { findModels } from '../src/models/repository.ts'
import { createServer } from '../src/server.ts'
import { createFolder } from './support/folders.ts'
import { FLOWER, FLOWER_ANSWER } from './support/iris.ts'
import { MODELS, WORKER_ENTRY } from './support/paths.ts'

async function buildServer(workerEntry: URL, folder = MODELS) {
  const command = parseCommand([], {})
  if (command.kind !== 'serve') throw new Error('the defaults must be valid')
  const deaths: Error[] = []
  const logged: string[] = []
  const logger = pino({ base: null }, { write: (line) => void logged.push(line) })
  const { config } = command
  const files = await findModels(folder)
  const onRuntimeDeath = (error: Error) => void deaths.push(error)
  const server = createServer({
    config,
    files,
    logger,
    version: '0',
    workerEntry,
    onRuntimeDeath,
    onStuck: () => undefined,
  })
  await server.app.ready()
  onTestFinished(() => server.drain())
  return { server, deaths, logged }
}

test('joins the floors: loads, answers, drains', async () => {
  const { server, logged } = await buildServer(WORKER_ENTRY)
  expect(await server.load()).toMatchObject([{ name: 'iris', status: 'ready' }])
  expect(logged.join('')).toMatch(
    /"msg":"model loaded; up to \d+ rows a run: a row costs .* times less in a batch; \w.*"/,
  )
  await request(server.app.server).post('/predict').send(FLOWER).expect(200, FLOWER_ANSWER)
  await server.drain()
  expect((await request(server.app.server).get('/health')).status).toBe(503)
})

test('logs a model that failed as an error, and a part that cannot be served as a warning', async () => {
  const { server, logged } = await buildServer(
    WORKER_ENTRY,
    createFolder({ 'bad.onnx': 'broken', 'sequence.onnx': { model: 'sequence' } }),
  )
  await server.load()
  expect(logged.join('')).toMatch(/"level":50,.*model failed: bad\.onnx is no ONNX model/)
  expect(logged.join('')).toMatch(/"level":40,.*output probabilities is sequence\(tensor\(float32\)\)/)
})

test('a thread that dies is replaced, its requests are answered, and draining still ends', async () => {
  const folder = createFolder({
    'dies.mjs': `import { parentPort } from 'node:worker_threads'
      parentPort.on('message', ({ id, kind }) => {
        if (kind !== 'load') throw new Error('out of order')
        const signature = { inputs: [{ name: 'x', dataType: 'float32', shape: [-1, 1] }], outputs: [] }
        parentPort.postMessage({ id, ok: true, result: { session: id, signature, unsupportedOutputs: [], loadMs: 1 } })
      })`,
  })
  const models = createFolder({ 'm.onnx': { model: 'regressor' } })
  const { server, deaths, logged } = await buildServer(pathToFileURL(join(folder, 'dies.mjs')), models)
  await server.load()
  const { body } = await request(server.app.server).post('/predict').send({ x: 1 }).expect(500)
  expect(body).toEqual({ error: 'the model runtime has failed; try again', code: 'RUNTIME_FAILED', details: [] })
  expect(deaths).toEqual([])
  expect(logged.join('')).toMatch(/out of order.*another takes its place/)
  await server.drain()
})
