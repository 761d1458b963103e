import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pino } from 'pino'
import request from 'supertest'
import { expect, onTestFinished, test } from 'vitest'
import { parseCommand } from '../src/process/command.ts'
import { findModels } from '../src/models/files/repository.ts'
import { createServer } from '../src/server.ts'
import { createFolder } from './support/folders.ts'
import { FLOWER, FLOWER_ANSWER } from './support/iris.ts'
import { MODELS, WORKER_ENTRY } from './support/paths.ts'
import { waitFor } from './support/wait.ts'

async function buildServer(workerEntry: URL, folder = MODELS) {
  const command = parseCommand([], {})
  if (command.kind !== 'serve') throw new Error('the defaults must be valid')
  const logged: string[] = []
  const logger = pino({ base: null }, { write: (line) => void logged.push(line) })
  const { config } = command
  const files = await findModels(folder)
  const server = createServer({
    config,
    files,
    logger,
    version: '0',
    workerEntry,
  })
  await server.app.ready()
  onTestFinished(() => server.drain())
  return { server, logged }
}

test('createServer joins the parts into a server that loads models, answers requests and drains', async () => {
  const { server, logged } = await buildServer(WORKER_ENTRY)
  expect(await server.load()).toMatchObject([{ name: 'iris', status: 'ready' }])
  expect(logged.join('')).toMatch(
    /"msg":"model loaded; up to \d+ rows a run: a row costs .* times less in a batch; \w.*"/,
  )
  await request(server.app.server).post('/predict').send(FLOWER).expect(200, FLOWER_ANSWER)
  await server.drain()
  expect((await request(server.app.server).get('/health')).status).toBe(503)
})

test('a failed model is logged as an error, and an output that cannot be served as a warning', async () => {
  const { server, logged } = await buildServer(
    WORKER_ENTRY,
    createFolder({ 'bad.onnx': 'broken', 'sequence.onnx': { model: 'sequence' } }),
  )
  await server.load()
  expect(logged.join('')).toMatch(/"level":50,.*model failed: bad\.onnx is no ONNX model/)
  expect(logged.join('')).toMatch(/"level":40,.*output probabilities is sequence\(tensor\(float32\)\)/)
})

test('a worker that dies is replaced, its request gets the cause, and a drain still ends', async () => {
  const channel = new URL('worker-channel.js', WORKER_ENTRY)
  const folder = createFolder({
    'dies.mjs': `import { serialize } from 'node:v8'
      import { openChannel } from '${channel.href}'
      const signature = { inputs: [{ name: 'x', dataType: 'float32', shape: [-1, 1] }], outputs: [] }
      const channel = openChannel()
      for (let received = channel.receive(); received; received = channel.receive()) {
        const { kind, runs = [] } = received.call
        if (kind === 'load') channel.reply({ kind: 'loaded' }, [serialize({ signature, unsupportedOutputs: [], loadMs: 1 })])
        if (received.bytes.length > 0 && received.bytes.readFloatLE() === 666) process.abort()
        if (kind === 'dispose') channel.reply({ kind: 'disposed' })
        for (const _run of runs) channel.reply({ kind: 'outputs', outputs: [] })
      }`,
  })
  const models = createFolder({
    'm/1/model.onnx': { model: 'regressor' },
    'm/model.json': '{"execution":"workers"}',
  })
  const { server, logged } = await buildServer(pathToFileURL(join(folder, 'dies.mjs')), models)
  await server.load()
  const { body } = await request(server.app.server).post('/predict').send({ x: 666 }).expect(422)
  expect(body).toMatchObject({ error: 'these values end the runtime: SIGABRT, a failed check in native code' })
  await waitFor(() => expect(logged.join('')).toMatch(/a worker ended: SIGABRT.*another takes its place/))
  await server.drain()
})
