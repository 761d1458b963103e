import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { attentionModel, fillModel } from '../support/memory-models.ts'
import { post } from '../support/http.ts'
import { SETOSA, addressOf, predict, shell, startContainer, waitForHealth } from './containers.ts'
import { findEngine, findMissingBaseImage } from './engine.ts'
import type { Engine } from './engine.ts'
import { createProject } from './project.ts'
import type { Project } from './project.ts'

// A container whose memory the engine limits, and requests that ask for more.

const found = await findEngine()
const skipped = typeof found === 'string' ? found : await findMissingBaseImage(found)
if (skipped !== undefined) console.log(`skipped: ${skipped}`)

const engine = found as Engine
let project: Project

describe.skipIf(skipped !== undefined)('a container of 1 GiB', () => {
  beforeAll(async () => {
    project = await createProject(engine)
    await project.build()
  })

  afterAll(() => project.remove())

  test('a container of 1 GiB refuses runs that need too much memory, names the limit, and keeps its processes', async () => {
    const models = await makeModels()
    const run = ['--memory=1g', '--memory-swap=1g', '--cpus=2', '-v', `${models}:/app/models:ro`]
    const flags = ['--default-model', 'iris', '--max-rows', '100000']
    const id = await startContainer(engine, project.image, { run, flags })
    await waitForHealth(engine, id, 'healthy')
    const address = await addressOf(engine, id)
    const before = await processesOf(id)
    const numbers = Array<number>(20_000).fill(1)
    const tooLarge = [
      ['attention', { name: 'x', datatype: 'FP32', shape: [numbers.length], data: numbers }],
      ['fill', { name: 'shape', datatype: 'INT64', shape: [1], data: [2 ** 28] }],
    ] as const
    for (const [model, input] of [...tooLarge, ...tooLarge]) {
      expect(await post(`${address}/v2/models/${model}/infer`, { inputs: [input] })).toMatchObject({
        status: 422,
        body: { error: expect.stringContaining('it needs more memory than the 256 MB that a worker may take') },
      })
    }
    expect(await predict(address)).toEqual(SETOSA)
    expect(await processesOf(id)).toEqual(before)
    // The kernel would end these before the server.
    expect(before.filter(({ score }) => score === 800)).toHaveLength(3)
  })
})

/** The workers, and how readily the kernel ends each of them where memory is short. */
async function processesOf(id: string): Promise<{ pid: number; score: number }[]> {
  // The shell that reads them has their name among its arguments.
  const script = `for p in /proc/[0-9]*; do grep -q runtime/[w]orker.js $p/cmdline 2>/dev/null && echo \${p#/proc/} $(cat $p/oom_score_adj); done; true`
  const lines = (await shell(engine, id, script)).split('\n')
  return lines.map((line) => {
    const [pid, score] = line.split(' ').map(Number)
    return { pid: pid!, score: score! }
  })
}

async function makeModels(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onnx-serve-memory-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(resolve('models/iris'), join(folder, 'iris'), { recursive: true })
  for (const [name, bytes] of Object.entries({ attention: attentionModel(), fill: fillModel() })) {
    await mkdir(join(folder, name, '1'), { recursive: true })
    await writeFile(join(folder, name, '1', 'model.onnx'), bytes)
  }
  // The container's user is another one.
  await chmod(folder, 0o755)
  return folder
}
