import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Session } from '../../src/runtime/runtime.ts'
import { prepareModel } from '../../src/runtime/shared-weights.ts'
import { createFolder, temporaryFile } from '../support/folders.ts'
import { FAULT, echo, mortalEntry } from '../support/mortal-worker.ts'
import { startPool } from '../support/pool.ts'

// Models of this size are loaded from an optimized copy, whose weights all workers share.
const LARGE = 16 * 2 ** 20

let temporary: string

beforeEach(() => {
  temporary = createFolder({})
  vi.stubEnv('TMPDIR', temporary)
})

afterEach(() => vi.unstubAllEnvs())

function copies(): string[] {
  return readdirSync(temporary).filter((name) => name.startsWith(`onnx-serve-${hostname()}-`))
}

/** Serves a large model whose copy is an empty file. */
async function serve(act: string, atLoad: string): Promise<Session> {
  const entry = mortalEntry(act, atLoad)
  writeFileSync(new URL('optimize.js', entry), `require('node:fs').writeFileSync(process.argv[3] + '/model.onnx', '')`)
  const runtime = startPool({ entry, size: 2 })
  onTestFinished(() => runtime.close())
  const session = await runtime.load({ file: temporaryFile('own.onnx', 'own'), edits: [], bytes: LARGE })
  return session
}

const IS_COPY = `process.getBuiltinModule('node:v8').deserialize(bytes).file.endsWith('model.onnx')`
const SIGNAL = 'SIGFPE, a division that the processor cannot do'

describe('an optimized copy', () => {
  test.each([
    ['loads it', '', `if (${IS_COPY}) { ${FAULT} }`, 'it ends the process that loads it'],
    ['computes it', `if (globalThis.isCopy) { ${FAULT} }`, `globalThis.isCopy = ${IS_COPY}`, SIGNAL],
  ])(
    'an optimized copy that ends the process that %s is dropped, and every worker loads the original file',
    async (_how, act, atLoad, why) => {
      const session = await serve(act, atLoad)
      expect(await echo(session, 666)).toBe(666)
      await session.serve({ isHarmless: false, isResident: true })
      expect(session.warnings).toEqual([
        `each worker holds the weights for itself, as the optimized copy cannot be used: ${why}`,
      ])
      expect(await Promise.all([1, 2, 666].map((value) => echo(session, value)))).toEqual([1, 2, 666])
    },
  )

  test('an optimized copy that works is used by every worker, and is removed with the model', async () => {
    const session = await serve('process.exit(1)', `if (!${IS_COPY}) process.exit(1)`)
    await session.serve({ isHarmless: false, isResident: true })
    expect(await Promise.all([1, 2, 3].map((value) => echo(session, value)))).toEqual([1, 2, 3])
    expect(session.warnings).toEqual([])
    expect(copies()).toHaveLength(1)
    await session.dispose()
    expect(copies()).toEqual([])
  })
})

test('the folder of an earlier process with the same number is removed, but not that of this process', async () => {
  const [old, own] = ['old', 'own'].map((name) => join(temporary, `onnx-serve-${hostname()}-${process.pid}-${name}`))
  for (const folder of [old!, own!]) mkdirSync(folder)
  utimesSync(old!, 1, 1)
  const entry = new URL('file:///nowhere/worker.js')
  const options = { entry, prefix: [], timeoutMs: 10_000, onFolder: () => undefined }
  await prepareModel({ file: '/nowhere/at-all.onnx', edits: [], bytes: LARGE }, options)
  expect([existsSync(old!), existsSync(own!)]).toEqual([false, true])
})
