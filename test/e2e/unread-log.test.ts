import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FLOWER } from '../support/iris.ts'
import { get, post } from '../support/http.ts'
import { ROOT } from '../support/paths.ts'
import { freePort } from '../support/ports.ts'

test('a server whose log nobody reads answers 3,000 requests and stops on a signal', async () => {
  const port = await freePort()
  const child = spawn(process.execPath, [join(ROOT, 'dist/main.js'), `--port=${port}`, '--grpc-port=0'], {
    // Nothing reads this pipe, so it is full after some 250 lines.
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    if (child.exitCode === null) child.kill('SIGKILL')
    await exited
  })
  const url = `http://127.0.0.1:${port}`
  await expect.poll(async () => (await get(`${url}/health`).catch(() => undefined))?.status).toBe(200)
  for (let count = 0; count < 3000; count += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(`${url}/predict`, FLOWER)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
  }
  expect(await get(`${url}/health/live`)).toMatchObject({ status: 200 })
  child.kill('SIGTERM')
  // At the deadline of 25 seconds the code would be 1.
  expect(await exited).toEqual([0, null])
})
