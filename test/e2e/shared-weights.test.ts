import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { get, post } from '../support/http.ts'
import { largeModel } from '../support/onnx-writer.ts'
import { insist, startServer } from '../support/server-process.ts'
import type { ServerProcess } from '../support/server-process.ts'

const WIDTH = 1024
const INSTANCE = Array.from({ length: WIDTH }, (_, index) => index / WIDTH)

/** A folder with one model of 64 MB and an empty folder for temporary files. */
function createLarge() {
  const folder = createFolder({})
  writeFileSync(join(folder, 'large.onnx'), largeModel(16, WIDTH))
  const temporary = createFolder({})
  return { folder, temporary }
}

async function start({ folder, temporary }: ReturnType<typeof createLarge>, workers: number, ...flags: string[]) {
  const env = { ...process.env, TMPDIR: temporary }
  return startServer({ args: ['--model-dir', folder, `--workers=${workers}`, ...flags], env })
}

/** What the server and its workers take of the machine's memory, in MB: of shared pages their part. */
function proportionalMb({ pid }: ServerProcess): number {
  const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return [String(pid), ...workers].reduce((sum, each) => {
    return sum + Number(/Pss:\s+(\d+)/.exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'))![1]) / 1024
  }, 0)
}

async function predict({ url }: ServerProcess): Promise<number[]> {
  const { status, body } = await post(`${url}/predict`, { instances: [INSTANCE] })
  expect(status).toBe(200)
  return (body as { predictions: number[][] }).predictions[0]!
}

describe.runIf(process.platform === 'linux')('a model of 64 MB', () => {
  test('each further worker of a model of 64 MB takes at most 40 MB, answers the same, and no file is left', async () => {
    const large = createLarge()
    const memory: number[] = []
    const answers: number[][] = []
    for (const workers of [1, 2, 3]) {
      const server = await start(large, workers)
      answers.push(await predict(server))
      memory.push(proportionalMb(server))
      expect(readdirSync(large.temporary)).toHaveLength(1)
      server.kill('SIGTERM')
      expect(await server.exited).toEqual({ code: 0, signal: null })
      expect(readdirSync(large.temporary)).toEqual([])
    }
    const [one, two, three] = memory as [number, number, number]
    // Node itself takes 20 to 25 MB. With weights of its own a worker would add 140 more.
    console.log('server and workers:', memory.map((mb) => `${mb.toFixed(0)} MB`).join(', '))
    expect(two - one).toBeLessThan(40)
    expect(three - two).toBeLessThan(40)
    for (const [index, value] of answers[1]!.entries()) expect(value).toBeCloseTo(answers[0]![index]!, 4)
  }, 60_000)

  test('no copy of the weights is left when the process gives up', async () => {
    const large = createLarge()
    const server = await start(large, 2, '--shutdown-delay=10')
    expect(readdirSync(large.temporary)).toHaveLength(1)
    await insist(server, 'SIGTERM')
    expect(await server.exited).toEqual({ code: 1, signal: null })
    expect(readdirSync(large.temporary)).toEqual([])
  }, 60_000)

  test('a start removes copies of the weights of killed processes, but none of running ones', async () => {
    const large = createLarge()
    const ended = spawnSync('true').pid
    const folders = [ended, process.pid].map((pid) => `onnx-serve-${hostname()}-${pid}-x`)
    for (const folder of [...folders, 'other']) mkdirSync(join(large.temporary, folder))
    await start(large, 2)
    const left = readdirSync(large.temporary)
    expect(left).not.toContain(folders[0])
    expect(left).toEqual(expect.arrayContaining([folders[1], 'other']))
    expect(left).toHaveLength(3)
  }, 60_000)

  test('a large model is served with a warning if the temporary folder cannot be written', async () => {
    const large = createLarge()
    const file = join(large.temporary, 'no-folder')
    writeFileSync(file, '')
    const server = await start({ ...large, temporary: file }, 2)
    await predict(server)
    const warning = /^each worker holds the weights for itself: the temporary folder .* cannot be written \(E\w+\)$/
    expect(server.lines.find(({ level }) => level === 40)?.msg).toMatch(warning)
    expect(await get(`${server.url}/models/large`)).toMatchObject({
      body: { warnings: [expect.stringMatching(warning)] },
    })
  }, 60_000)
})
