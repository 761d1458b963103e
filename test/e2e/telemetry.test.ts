import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { post } from '../support/http.ts'
import { FLOWER } from '../support/iris.ts'
import { ROOT } from '../support/paths.ts'
import { startServer } from '../support/server-process.ts'

const STARTED_AT = Date.now()

/** What telemetry would leave behind: files under a home and a temporary folder of its own, and a log in /tmp. */
function traces(home: string, temporary: string, pid: number): string[] {
  const files = [home, temporary].flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }))
  const log = `/tmp/mat-debug-${pid}.log`
  // An earlier process with this id may have left one.
  const isNew = existsSync(log) && statSync(log).mtimeMs >= STARTED_AT
  return isNew ? [...files, log] : files
}

/** This environment, as on a developer's machine: telemetry keeps quiet where CI is set, and where it is told to. */
function environment() {
  const [home, temporary] = [createFolder({}), createFolder({})]
  const { CI: _ci, ORT_DISABLE_TELEMETRY: _off, ...env } = process.env
  return { home, temporary, env: { ...env, HOME: home, TMPDIR: temporary, XDG_CACHE_HOME: join(home, '.cache') } }
}

test('the server leaves no file in the home or the temporary folder', async () => {
  const { home, temporary, env } = environment()
  const server = await startServer({ env })
  await post(`${server.url}/predict`, FLOWER)
  expect(traces(home, temporary, server.pid)).toEqual([])
  server.kill('SIGTERM')
  expect(await server.exited).toEqual({ code: 0, signal: null })
  expect(traces(home, temporary, server.pid)).toEqual([])
})

test.runIf(process.platform === 'linux')(
  'ONNX Runtime with its telemetry on leaves files in the home folder, so the other test can fail',
  () => {
    const { home, temporary, env } = environment()
    const script = `require('onnxruntime-node').InferenceSession.create('models/iris/1/model.onnx').then(() => console.log(process.pid))`
    const pid = Number(execFileSync(process.execPath, ['-e', script], { cwd: ROOT, env, encoding: 'utf8' }))
    expect(traces(home, temporary, pid)).not.toEqual([])
  },
)
