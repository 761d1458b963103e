import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import type { Content } from '../support/folders.ts'
import { get, post } from '../support/http.ts'
import { FLOWER, FLOWER_ANSWER } from '../support/iris.ts'
import { spawnServer, startServer } from '../support/server-process.ts'

const good = { model: 'regressor' }

describe('starting', () => {
  test('the last log line of a start names the models and the address of the docs, and the models are served', async () => {
    const server = await startServer()
    const port = Number(new URL(server.url).port)
    const docs = `http://localhost:${port}/docs`
    const msg = `ready: serving iris 1; docs at ${docs}`
    expect(server.lines.at(-1)).toMatchObject({ level: 30, msg, port, models: ['iris 1'], docs })
    expect(await post(`${server.url}/predict`, FLOWER)).toEqual({ status: 200, body: FLOWER_ANSWER })
    expect((await fetch(`${server.url}/docs`)).headers.get('content-type')).toContain('text/html')
  })

  test('a broken model is shown as failed, and the other models are served', async () => {
    const files = { 'good.onnx': good, 'bad.onnx': 'broken', 'twice.onnx': good, 'twice/1/model.onnx': good }
    const server = await startServer({ args: ['--model-dir', createFolder(files), '--default-model=good'] })
    expect(await get(`${server.url}/health`)).toMatchObject({ status: 200, body: { status: 'degraded' } })
    expect(await post(`${server.url}/predict`, { x0: 1, x1: 1 })).toMatchObject({ status: 200 })
    const { body } = await get(`${server.url}/models`)
    expect(body.models).toMatchObject([
      {
        name: 'bad',
        status: 'failed',
        error: 'bad.onnx is no ONNX model, or is cut off: the file ends within its field 12',
      },
      { name: 'good', status: 'ready' },
      { name: 'twice', status: 'failed', error: expect.stringContaining('two models are named twice') },
    ])
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 50, msg: expect.stringContaining('bad.onnx') }),
    )
  })

  test('a server whose models all failed stays up and says so', async () => {
    const folder = createFolder({ 'bad.onnx': 'broken' })
    const server = await startServer({ args: ['--model-dir', folder], until: /^no model could be loaded/ })
    expect(await get(`${server.url}/health`)).toMatchObject({
      status: 503,
      body: { status: 'failed', model_loaded: false },
    })
    expect(await get(`${server.url}/health/live`)).toMatchObject({ status: 200 })
  })
})

describe('wrong settings', () => {
  test.each<[string, readonly string[], Readonly<Record<string, Content>>, readonly RegExp[]]>([
    [
      'all problems at once',
      ['--port=x', '--max-rows=0', '--frob'],
      {},
      [/--port: /, /--max-rows: /, /unknown flag --frob/, /--help lists all flags/],
    ],
    [
      'no model',
      [],
      { 'README.md': 'x' },
      [/no model found in ".*": put a file there as <name>\/<version>\/model\.onnx or <name>\.onnx/],
    ],
    [
      'a default model that does not exist',
      ['--default-model=rose'],
      { 'a.onnx': good },
      [/no model is named "rose", the default model; found: a/],
    ],
  ])('wrong settings end the server with exit code 2 and an explanation: %s', async (_case, args, files, messages) => {
    const server = spawnServer({ args: ['--model-dir', createFolder(files), ...args] })
    expect(await server.exited).toEqual({ code: 2, signal: null })
    for (const message of messages) expect(server.stderr()).toMatch(message)
    expect(server.lines).toEqual([])
  })

  test('a missing folder of models ends the server with exit code 2 and an explanation', async () => {
    const server = spawnServer({ args: ['--model-dir=/nowhere/at/all'] })
    expect(await server.exited).toEqual({ code: 2, signal: null })
    expect(server.stderr()).toContain('the model folder "/nowhere/at/all" cannot be read (ENOENT): set --model-dir')
  })
})

describe('the library of ONNX Runtime cannot be loaded', () => {
  const failing = `Object.assign(new Error('ld-linux-x86-64.so.2: No such file or directory'), { code: 'ERR_DLOPEN_FAILED' })`
  test.each([
    [
      'on a platform for which there is no such library',
      `Object.defineProperty(process, 'arch', { value: 'riscv64' })`,
      /^the library of ONNX Runtime cannot be loaded on \w+ riscv64: Cannot find module .*; it runs on Linux with glibc .* \(x64, arm64\), macOS/,
    ],
    [
      'on a system without the system libraries that it needs, such as Alpine',
      `process.dlopen = () => { throw ${failing} }`,
      /: ld-linux-x86-64\.so\.2: No such file or directory; it runs on Linux with glibc/,
    ],
  ])(
    'without the library of ONNX Runtime the server exits 2 with one explanation, %s',
    async (_case, code, message) => {
      const folder = createFolder({ 'a.onnx': good, 'b/1/model.onnx': good, 'c.onnx': good })
      // Node runs this before the program, in the server and in its workers.
      const script = join(createFolder({ 'fake.mjs': code }), 'fake.mjs')
      const env = { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(script).href}` }
      const server = spawnServer({ args: ['--port=0', '--model-dir', folder], env })
      expect(await server.exited).toEqual({ code: 2, signal: null })
      expect(server.stderr()).toBe('')
      const problems = server.lines.filter((line) => Number(line['level']) > 30)
      expect(problems).toEqual([expect.objectContaining({ level: 60, msg: expect.stringMatching(message) })])
    },
  )
})

test('a warning of Node.js is a line of the log, and nothing else is printed', async () => {
  const warn = "setInterval(() => process.emitWarning('too many listeners'), 200).unref()"
  const server = await startServer({ env: { ...process.env, NODE_OPTIONS: `--import "data:text/javascript,${warn}"` } })
  const line = await server.line(({ msg }) => msg === 'Node warns: too many listeners')
  expect(line).toMatchObject({ level: 40 })
  const printed = server.stderr()
  await server.line((each) => each !== line && each.msg === line.msg)
  expect(server.stderr()).toBe(printed)
})

test('a port that is in use ends the server with exit code 1 and an explanation', async () => {
  const { port } = new URL((await startServer()).url)
  const second = spawnServer({ args: ['--port', port] })
  expect(await second.exited).toEqual({ code: 1, signal: null })
  expect(second.lines.at(-1)!.msg).toBe(
    `port ${port} is in use: stop what listens there, or choose another with --port`,
  )
})

test.each([
  ['--help', /^onnx-serve: serves ONNX models over HTTP/],
  ['--version', /^\d+\.\d+\.\d+$/],
])('the flag %s prints its text and exits 0', async (flag, first) => {
  const server = spawnServer({ args: [flag] })
  expect(await server.exited).toEqual({ code: 0, signal: null })
  expect(server.lines[0]!.msg).toMatch(first)
})
