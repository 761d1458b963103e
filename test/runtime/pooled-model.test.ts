import { expect, test } from 'vitest'
import { PooledModel } from '../../src/runtime/pooled-model.ts'
import { ModelLoadError } from '../../src/runtime/runtime.ts'
import type { ModelSource } from '../../src/runtime/runtime.ts'
import type { WorkerThread } from '../../src/runtime/worker-thread.ts'

/** A thread on which these files can be loaded. */
function threadWith(...files: string[]): WorkerThread {
  const load = async ({ file }: ModelSource) => {
    if (!files.includes(file)) throw new ModelLoadError(`there is no ${file}`)
    return { session: files.indexOf(file), signature: { inputs: [], outputs: [] }, unsupportedOutputs: [], loadMs: 1 }
  }
  return { load } as unknown as WorkerThread
}

const source = (file: string): ModelSource => ({ file, edits: [], bytes: 1 })

test('is loaded from its own file where its copy has gone', async () => {
  const model = new PooledModel([source('copy'), source('own')])
  const [both, own, none] = [threadWith('own', 'copy'), threadWith('own'), threadWith()]
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
