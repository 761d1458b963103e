import { arch } from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { startBesideIris } from '../support/beside-iris.ts'
import { get } from '../support/http.ts'
import * as killers from '../support/killer-models.ts'
import * as memory from '../support/memory-models.ts'

// Files that end or stall ONNX Runtime 1.30 when they are loaded or tried.

interface KillerFile {
  readonly name: string
  readonly model: Uint8Array
  readonly reason: RegExp
}

const SIGFPE = 'SIGFPE, a division that the processor cannot do'

const FILES: readonly KillerFile[] = [
  {
    name: 'endless',
    model: killers.endlessAtLoadModel(),
    reason: /^endless\.onnx cannot be loaded: loading and trying it took longer than 3 s \(--max-load\)$/,
  },
  ...(arch === 'x64'
    ? [
        {
          name: 'dying',
          model: killers.dyingAtLoadModel(),
          reason: new RegExp(`^dying\\.onnx cannot be loaded: loading it ends the process: ${SIGFPE}$`),
        },
        {
          name: 'imputer',
          model: killers.imputerModel(),
          reason: new RegExp(`^imputer\\.onnx cannot be loaded: it ends the process that computes it: ${SIGFPE}$`),
        },
      ]
    : []),
]

test('files that end or hang the process that loads them are failed models, and other models are served', async () => {
  const models = Object.fromEntries(FILES.map(({ name, model }) => [name, model]))
  const { server, answered, tally } = await startBesideIris({ models, args: ['--max-load=3'], atEnd: onTestFinished })
  for (const { name, reason } of FILES) {
    const line = await server.line(({ model, level }) => model === name && level === 50)
    expect(line.msg).toMatch(/^model failed: /)
    expect(line.msg!.slice('model failed: '.length)).toMatch(reason)
    const { body } = await get(`${server.url}/models`)
    expect(body.models.find((each: { name: string }) => each.name === name)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(reason),
    })
    const health = await get(`${server.url}/health`)
    expect(health).toMatchObject({ status: 200, body: { status: 'degraded', model_loaded: true } })
    expect(health.body.models).toContainEqual({ name, version: '1', status: 'failed' })
    const refused = await get(`${server.url}/v2/models/${name}`)
    expect(refused.status).toBe(503)
  }
  await answered(6)
  expect([...tally.statuses.keys()]).toEqual([200])
})

test('a model that hangs for some of the values tried at load is served with a warning', async () => {
  const models = { fourier: killers.fourierModel() }
  const { server, ask } = await startBesideIris({
    models,
    args: ['--max-load=8', '--max-run=0.5'],
    atEnd: onTestFinished,
  })
  const spectrum = (size: number) => ({
    name: 'x',
    datatype: 'FP32',
    shape: [1, size, 2],
    data: Array<number>(2 * size).fill(1),
  })
  expect(await ask('fourier', [spectrum(1)])).toMatchObject({
    status: 503,
    body: { error: expect.stringMatching(/longer than it may$/) },
  })
  expect(await ask('fourier', [spectrum(3)])).toMatchObject({ status: 200 })
  expect((await get(`${server.url}/models/fourier`)).body.warnings).toEqual([
    'some of the values that were tried end its process: a run took longer than 2000 ms',
  ])
})

test('a model whose every run needs more memory than a worker may take fails with that reason', async () => {
  const models = { large: memory.largeAtLoadModel() }
  const { ask } = await startBesideIris({ models, atEnd: onTestFinished })
  expect(await ask('large', [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }])).toMatchObject({
    status: 422,
    body: { error: expect.stringMatching(/it needs more memory than the \d+ MB that a worker may take/) },
  })
})
