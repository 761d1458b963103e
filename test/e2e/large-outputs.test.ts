import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { post } from '../support/http.ts'
import { fillModel } from '../support/memory-models.ts'
import { startServer } from '../support/server-process.ts'

function residentMb(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}

test.runIf(process.platform === 'linux')('outputs that are too large to answer never reach the server', async () => {
  const folder = createFolder({ 'fill.onnx': fillModel() })
  const server = await startServer({ args: ['--model-dir', folder, '--max-run-memory=2000', '--max-answer=1000000'] })
  const fill = (size: number) => {
    return post(`${server.url}/v2/models/fill/infer`, {
      inputs: [{ name: 'shape', datatype: 'INT64', shape: [1], data: [size] }],
    })
  }
  expect(await fill(1)).toMatchObject({ status: 200 })
  const before = residentMb(server.pid)
  const count = 100e6
  // A number takes 23 bytes as JSON at the most.
  const text = `^the answer may take ${23 * count} bytes, more than the 1000000 that`
  expect(await fill(count)).toMatchObject({ status: 413, body: { error: expect.stringMatching(text) } })
  expect(residentMb(server.pid) - before).toBeLessThan(100)
  expect(await fill(1)).toMatchObject({ status: 200 })
})
