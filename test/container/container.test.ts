import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { SETOSA, addressOf, inspect, predict, shell, startContainer, waitForHealth } from './containers.ts'
import type { RunOptions } from './containers.ts'
import { PLATFORMS } from '../support/platforms.ts'
import { findEngine, findMissingBaseImage } from './engine.ts'
import type { Engine } from './engine.ts'
import { createProject } from './project.ts'
import type { Project } from './project.ts'

// The image as it is built and the containers as they are started by the README, on a real engine.

const MAX_IMAGE_BYTES = 300e6
// Three checks that each take the eight seconds they are given, and the second between them.
const FROZEN_TIMEOUT_MS = 60_000

const found = await findEngine()
const skipped = typeof found === 'string' ? found : await findMissingBaseImage(found)
if (skipped !== undefined) console.log(`skipped: ${skipped}`)

const isSkipped = skipped !== undefined
const engine = found as Engine
let project: Project

beforeAll(async () => {
  project = await createProject(engine)
  await project.build()
})

afterAll(() => project.remove())

describe.skipIf(isSkipped)('the image', () => {
  test('the image has at most 300 MB', async () => {
    const bytes = Number(await engine.docker('image', 'inspect', '--format', '{{.Size}}', project.image))
    console.log(`image: ${Math.round(bytes / 1e6)} MB`)
    expect(bytes).toBeLessThanOrEqual(MAX_IMAGE_BYTES)
  })

  test('the image has only the runtime of its own platform', async () => {
    const libraries = await runAsRoot(
      "find / -xdev -name 'onnxruntime_binding.node' -o -name '*.dylib' -o -name '*.dll' -o -name 'libonnxruntime*'",
    )
    const folder = expect.stringMatching(/^\/app\/node_modules\/onnxruntime-node\/bin\/napi-v6\/linux\/[^/]+\/[^/]+$/)
    expect(libraries.split('\n')).toEqual([folder, folder])
  })

  test('the image has the server, and nothing to build it with', async () => {
    expect(await runAsRoot('ls /app')).toBe('LICENSE\ndist\nmodels\nnode_modules\npackage.json')
    expect(await runAsRoot('ls -d /app/node_modules/typescript /app/node_modules/vitest 2>/dev/null; true')).toBe('')
    expect(await runAsRoot('command -v npm npx corepack yarn; find / -xdev -type d -name npm')).toBe('')
    expect(await runAsRoot('find /var/lib/apt/lists -type f')).toBe('')
  })

  test('the image sets its user, environment, start command and health check, but no port', async () => {
    const [image] = JSON.parse(await engine.docker('image', 'inspect', project.image)) as [{ Config: unknown }]
    const seconds = 1e9
    expect(image.Config).toMatchObject({
      User: '1000:1000',
      Env: expect.arrayContaining(['NODE_ENV=production', 'ORT_DISABLE_TELEMETRY=1']),
      Entrypoint: ['tini-static', '-s', '--', 'node', '/app/dist/main.js'],
      Healthcheck: { Interval: 30 * seconds, Timeout: 10 * seconds, StartPeriod: 15 * seconds, Retries: 3 },
      Labels: { 'org.opencontainers.image.title': 'onnx-serve' },
    })
    // The port is for whoever starts it to choose.
    expect(image.Config).not.toMatchObject({ Env: expect.arrayContaining([expect.stringMatching(/^PORT=/)]) })
  })
})

describe.skipIf(isSkipped)('docker compose up', () => {
  let address: string
  let id: string

  beforeAll(async () => {
    address = await project.up()
    id = await project.containerId()
  })

  test('a container of docker compose becomes healthy and predicts', async () => {
    await waitForHealth(engine, id, 'healthy')
    expect(await predict(address)).toEqual(SETOSA)
  })

  test('a container of docker compose runs without root, without capabilities, and on a read-only file system', async () => {
    const users = await engine.docker('top', id, '-eo', 'uid,pid,args')
    expect(users.split('\n').slice(1)).toSatisfy((rows: string[]) => rows.every((row) => /^1000\s/.test(row)))
    const status = await shell(engine, id, 'cat /proc/1/status')
    expect(status).toMatch(/^CapBnd:\s0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\s1$/m)
    expect(await shell(engine, id, 'touch /probe /app/probe', '0')).toMatch(/(.*Read-only file system\s*){2}/)
  })

  test('docker compose limits memory and processes, and gives a container 30 seconds to stop', async () => {
    const { HostConfig, Config } = await inspect(engine, id)
    expect(HostConfig).toMatchObject({ RestartPolicy: { Name: 'unless-stopped' } })
    expect(HostConfig.Memory).toBeGreaterThan(0)
    expect(HostConfig.PidsLimit).toBeGreaterThan(0)
    expect(Config.StopTimeout).toBe(30)
  })

  test('a container of docker compose writes nothing to /tmp', async () => {
    await predict(address)
    expect(await shell(engine, id, 'find /tmp -mindepth 1', '0')).toBe('')
  })

  test('a container of docker compose stops with exit code 0', async () => {
    await project.stop()
    expect((await inspect(engine, id)).State).toMatchObject({ Status: 'exited', ExitCode: 0 })
  })
})

describe.skipIf(isSkipped)('docker run', () => {
  const starts: (RunOptions & { name: string; port: number })[] = [
    { name: '--port 9000', flags: ['--port', '9000'], port: 9000 },
    { name: '--port=9100 over PORT', flags: ['--port=9100'], run: ['-e', 'PORT=9200'], port: 9100 },
    { name: 'PORT', run: ['-e', 'PORT=9300'], port: 9300 },
    { name: 'serve, as SageMaker starts it', flags: ['serve'], port: 8080 },
    { name: 'AIP_HTTP_PORT, as Vertex AI sets it', run: ['-e', 'AIP_HTTP_PORT=9500'], port: 9500 },
    { name: '--http_port, as KServe gives it', flags: ['--model_name=iris', '--http_port=9600'], port: 9600 },
    { name: '--port behind another init', flags: ['--port', '9400'], run: ['--init'], port: 9400 },
  ]
  test.each(starts)('a container is healthy and predicts on its port, started with $name', async (options) => {
    const id = await startContainer(engine, project.image, options)
    await waitForHealth(engine, id, 'healthy')
    expect(await predict(await addressOf(engine, id, options.port))).toEqual(SETOSA)
  })

  test('a container works as any user, with a read-only file system and no capabilities', async () => {
    const id = await startContainer(engine, project.image, {
      run: ['--user', '12345:0', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'],
    })
    await waitForHealth(engine, id, 'healthy')
    expect(await predict(await addressOf(engine, id))).toEqual(SETOSA)
    expect(await engine.docker('top', id, '-eo', 'uid,pid,args')).toMatch(/^12345\s.*main\.js/m)
  })

  test('a container serves models of text and tables, and has the locale that exporters choose', async () => {
    const id = await startContainer(engine, project.image, {
      run: ['-v', `${resolve('examples')}:/app/models:ro`],
    })
    await waitForHealth(engine, id, 'healthy')
    const address = await addressOf(engine, id)
    const reply = await fetch(`${address}/models`)
    const { models } = (await reply.json()) as { models: { name: string; status: string }[] }
    expect(models.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'diabetes ready',
      'digits ready',
      'recommender ready',
      'recommender-top ready',
      'reviews ready',
      'titanic ready',
    ])
    const text = await startContainer(engine, project.image, {
      run: ['-v', `${resolve('test/fixtures/models/upper.onnx')}:/app/models/upper.onnx:ro`],
    })
    await waitForHealth(engine, text, 'healthy')
    const upper = await fetch(`${await addressOf(engine, text)}/models/upper/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"inputs":{"text":["straße é"]}}',
    })
    expect(await upper.json()).toMatchObject({ outputs: { upper: ['STRAßE É'] } })
  })

  test('a container that could write to its file system writes nothing', async () => {
    const id = await startContainer(engine, project.image, { run: ['--user', '0'] })
    await waitForHealth(engine, id, 'healthy')
    expect(await predict(await addressOf(engine, id))).toEqual(SETOSA)
    expect(await engine.docker('diff', id)).toBe('')
  })
})

describe.skipIf(isSkipped)('docker stop', () => {
  // In every one of these moments another part of the start is under way. A signal that is lost ends in 137.
  test.each([0, 300, 600, 1000, 2000])('a container obeys docker stop %i ms after its start', async (ms) => {
    const ids = await Promise.all([1, 2, 3].map(() => startContainer(engine, project.image)))
    await delay(ms)
    await Promise.all(ids.map((id) => engine.docker('stop', '--time', '10', id)))
    for (const id of ids) expect((await inspect(engine, id)).State.ExitCode).toBeOneOf([0, 143])
  })
})

describe.skipIf(isSkipped)('platforms', () => {
  test.each(PLATFORMS)(
    'a container starts, answers and stops correctly on $name',
    async ({ args, env, place, mounted, user, check }) => {
      const variables = Object.entries(env(place)).flatMap(([name, value]) => ['-e', `${name}=${value}`])
      const mount = ['-v', `${resolve(mounted)}:${place.models}:ro`]
      const strict = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true']
      const ports = ['-p', `127.0.0.1::${place.grpcPort}`]
      const run = [...ports, ...variables, ...mount, ...strict, ...(user === undefined ? [] : ['--user', user])]
      const id = await startContainer(engine, project.image, { run, flags: args(place), port: place.port })
      await waitForHealth(engine, id, 'healthy')
      const grpc = await addressOf(engine, id, place.grpcPort)
      await check(await addressOf(engine, id, place.port), Number(new URL(grpc).port))
      // The shortest time that any of them waits before it kills.
      await engine.docker('stop', '--time', '10', id)
      expect((await inspect(engine, id)).State).toMatchObject({ Status: 'exited', ExitCode: 0 })
    },
  )
})

describe.skipIf(isSkipped)('a server that fails', () => {
  test('a container is unhealthy if no model can be loaded', async () => {
    const models = await makeBrokenModels()
    const id = await startContainer(engine, project.image, { run: ['-v', `${models}:/app/models:ro`] })
    await waitForHealth(engine, id, 'unhealthy')
    const { State } = await inspect(engine, id)
    expect(State.Health.Log.at(-1)?.Output).toContain('503')
  })

  test('a container is unhealthy while its process hangs, leaves no health checks behind, and recovers', async () => {
    const id = await startContainer(engine, project.image)
    await waitForHealth(engine, id, 'healthy')
    await shell(engine, id, 'kill -STOP $(cat /proc/1/task/1/children)')
    await waitForHealth(engine, id, 'unhealthy', FROZEN_TIMEOUT_MS)
    const checks = (await engine.docker('top', id, '-eo', 'pid,args')).match(/curl/g) ?? []
    expect(checks.length).toBeLessThanOrEqual(1)

    await shell(engine, id, 'kill -CONT $(cat /proc/1/task/1/children)')
    await waitForHealth(engine, id, 'healthy')
    await engine.docker('stop', id)
    expect((await inspect(engine, id)).State).toMatchObject({ Status: 'exited', ExitCode: 0 })
  })
})

describe.skipIf(isSkipped)('the README', () => {
  test('the README starts the server with docker compose up', async () => {
    expect(await readFile('README.md', 'utf8')).toMatch(/^\s*docker compose up\b/m)
  })
})

function runAsRoot(command: string): Promise<string> {
  return engine.docker('run', '--rm', '--user', '0', '--entrypoint', 'sh', project.image, '-c', command)
}

async function makeBrokenModels(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onnx-serve-broken-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'broken', '1'), { recursive: true })
  await writeFile(join(folder, 'broken', '1', 'model.onnx'), 'no model')
  // The container's user is another one.
  await chmod(folder, 0o755)
  return folder
}
