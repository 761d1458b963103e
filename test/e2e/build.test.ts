import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { post } from '../support/http.ts'
import { FLOWER, FLOWER_ANSWER } from '../support/iris.ts'
import { MODELS } from '../support/paths.ts'
import { copyProject, startBuild } from '../support/project-copy.ts'
import { startServer } from '../support/server-process.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { waitUntil } from '../support/wait.ts'

// A worker computes that many rows, never the server itself.
const MANY_FLOWERS = Array.from({ length: 1000 }, () => FLOWER)

/** Starts the server of this folder, with one worker. */
function startFrom(folder: string): Promise<ServerProcess> {
  return startServer({ main: join(folder, 'dist/main.js'), args: ['--model-dir', MODELS, '--workers=1'] })
}

function workersOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.split(' ').filter(Boolean).map(Number)
}

async function predictMany(url: string): Promise<void> {
  const { status, body } = await post(`${url}/predict`, MANY_FLOWERS)
  expect(status).toBe(200)
  expect((body as { predictions: unknown[] }).predictions).toHaveLength(MANY_FLOWERS.length)
}

/** Ends the only worker, and lets its successor compute. The server starts a worker when one is needed. */
async function replaceWorker({ pid, url }: ServerProcess): Promise<void> {
  await predictMany(url)
  const [worker] = workersOf(pid)
  process.kill(worker!, 'SIGKILL')
  await waitUntil(() => !workersOf(pid).includes(worker!))
  await predictMany(url)
}

describe.runIf(process.platform === 'linux')('a build of the source', () => {
  test('no file of a running server is missing at any moment of a build', async () => {
    const folder = copyProject()
    const build = startBuild(folder)
    const missing = new Set<string>()
    while (build.isRunning()) {
      for (const file of ['dist/main.js', 'dist/runtime/worker.js', 'dist/grpc/inference.proto']) {
        if (!existsSync(join(folder, file))) missing.add(file)
      }
      await nextTurn()
    }
    expect(await build.ended).toBe(0)
    expect([...missing]).toEqual([])
  })

  test('a server starts workers and imports further files during a build and after it', async () => {
    const folder = copyProject()
    const server = await startFrom(folder)
    const build = startBuild(folder)
    await replaceWorker(server)
    expect(await build.ended).toBe(0)
    await replaceWorker(server)
    // The documentation is imported when it is first asked for.
    expect((await fetch(`${server.url}/openapi.json`)).status).toBe(200)
    expect(await post(`${server.url}/predict`, FLOWER)).toEqual({ status: 200, body: FLOWER_ANSWER })
  })

  test('a build that fails leaves the last one as it was', async () => {
    const folder = copyProject()
    const worker = join(folder, 'dist/runtime/worker.js')
    const before = readFileSync(worker, 'utf8')
    writeFileSync(join(folder, 'src/runtime/worker.ts'), 'throw new Error("no worker"); const text: number = ""\n')
    expect(await startBuild(folder).ended).not.toBe(0)
    expect(readFileSync(worker, 'utf8')).toBe(before)
  })

  test('a build removes files whose source is gone', async () => {
    const folder = copyProject()
    const stale = join(folder, 'dist/core/gone.js')
    writeFileSync(stale, '')
    expect(await startBuild(folder).ended).toBe(0)
    expect(existsSync(stale)).toBe(false)
  })
})
