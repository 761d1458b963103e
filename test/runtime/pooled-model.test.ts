import { expect, test } from 'vitest'
import { PooledModel } from '../../src/runtime/pooled-model.ts'
import type { ModelSource } from '../../src/runtime/runtime.ts'
import type { WorkerProcess } from '../../src/runtime/worker-process.ts'

/** A worker that can load these files. */
function workerWith(...files: string[]): WorkerProcess {
  const loaded = { signature: { inputs: [], outputs: [] }, unsupportedOutputs: [], loadMs: 1 }
  const load = async ({ file }: ModelSource) => {
    return files.includes(file) ? { session: files.indexOf(file), loaded } : { problem: `there is no ${file}` }
  }
  return { load } as unknown as WorkerProcess
}

const source = (file: string): ModelSource => ({ file, edits: [], bytes: 1 })

test('a model is loaded from its own file if its copy is gone', async () => {
  const model = new PooledModel([source('copy'), source('own')])
  const [both, own, none] = [workerWith('own', 'copy'), workerWith('own'), workerWith()]
  await model.loadOn(both, 1)
  await model.loadOn(own, 1)
  await expect(model.loadOn(none, 1)).rejects.toThrow('there is no own')
  expect(model.sessions).toEqual(
    new Map([
      [both, 1],
      [own, 0],
    ]),
  )
})
