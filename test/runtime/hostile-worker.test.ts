import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Tensors } from '../../src/core/tensor.ts'
import type { Session } from '../../src/runtime/runtime.ts'
import type { WorkerPoolOptions } from '../../src/runtime/worker-pool.ts'
import { releaseTensors } from '../../src/core/owned-tensors.ts'
import { temporaryFile } from '../support/folders.ts'
import { writeModel } from '../support/graph-writer.ts'
import { FAULT, echo, mortalEntry, number } from '../support/mortal-worker.ts'
import { startPool } from '../support/pool.ts'
import { waitFor } from '../support/wait.ts'

// A fault in native code may leave a worker in any state. None of them may reach the server.

async function serve(options: Partial<WorkerPoolOptions>, file = 'any'): Promise<Session> {
  const runtime = startPool(options)
  onTestFinished(() => runtime.close())
  const session = await runtime.load({ file, edits: [], bytes: 0 })
  await session.serve({ isHarmless: true, isResident: true })
  await runtime.settle()
  return session
}

/** Code of a worker that does something the first time that it is run, in whatever process. */
function once(act: string): string {
  const flag = temporaryFile('times', '')
  return `const { existsSync, rmSync } = process.getBuiltinModule('node:fs')
    if (existsSync('${flag}')) { rmSync('${flag}'); ${act} }`
}

const write = (bytes: string): string => `process.getBuiltinModule('node:fs').writeSync(3, Buffer.from(${bytes}));`
const WAIT = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'

describe('a hostile worker', () => {
  test.each([
    ['writes garbage', `${write('[4, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]')} ${WAIT}`],
    ['answers with a reply of another kind', `channel.reply({ kind: 'disposed' }); ${WAIT}`],
    [
      'names a place outside of its file',
      `channel.reply({ kind: 'outputs', outputs: [], file: { at: 0, length: -1 } }); ${WAIT}`,
    ],
    ['exits', 'process.exit(9)'],
    ['is killed from outside', `process.kill(process.pid, 'SIGKILL'); ${WAIT}`],
  ])('a worker that %s is replaced, and its run is tried once more', async (_how, act) => {
    const session = await serve({ entry: mortalEntry(once(act)) })
    const died = vi.fn<() => void>()
    session.onDeath(died)
    expect(await echo(session, 666)).toBe(666)
    // Nothing says that the model is at fault.
    expect(died).not.toHaveBeenCalled()
  })

  test.each([
    ['stops in the middle of an answer', `${write('[64, 0, 0, 0, 0, 0, 0, 0, 123]')} ${WAIT}`],
    ['is stopped by a signal', `process.kill(process.pid, 'SIGSTOP')`],
  ])('a run on a worker that %s times out, and the next run is computed', async (_how, act) => {
    const session = await serve({ entry: mortalEntry(act) })
    const [result] = await session.runAll([{ inputs: number(666) }], { maxMs: 200 })
    expect(result).toMatchObject({ code: 'RUN_TIMEOUT' })
    expect(await echo(session, 1)).toBe(1)
  })

  test('a worker that hangs while it loads a model again is given up after the time for loading', async () => {
    const flag = temporaryFile('hang', '')
    const hang = `if (process.getBuiltinModule('node:fs').readFileSync('${flag}', 'utf8') === 'yes') { ${WAIT} }`
    const session = await serve({ entry: mortalEntry(FAULT, hang), maxLoadMs: 1000 })
    writeFileSync(flag, 'yes')
    await expect(session.run(number(666))).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
    await expect(session.run(number(1))).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
      message: 'the model cannot be loaded any more: loading it took longer than 1 s (--max-load)',
    })
    writeFileSync(flag, 'no')
    expect(await echo(session, 2)).toBe(2)
  })

  test('large tensors that end their worker are refused, and the next run is computed', async () => {
    const session = await serve({ entry: mortalEntry() })
    for (let round = 0; round < 3; round++) {
      const large = zeros(2 ** 21)
      large.get('x')!.data[0] = 666
      await expect(session.run(large)).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
      expect(await echo(session, round)).toBe(round)
    }
  })

  test('a run whose worker V8 ends for lack of memory is refused with the limit of memory', async () => {
    const fatal = `process.stderr.write('FATAL ERROR: v8::ArrayBuffer::New Allocation failed - process out of memory\\\\n')
      process.stderr.write(' 1: 0xb78db3 node::OOMErrorHandler\\\\n'); process.abort()`
    const session = await serve({ entry: mortalEntry(fatal) })
    await expect(session.run(number(666))).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message:
        'the model cannot compute this input: it needs more memory than the 1024 MB that a worker may take (--max-run-memory)',
    })
  })
})

test.each([
  ['is not found', '/nowhere/at-all'],
  ['cannot be given its arguments', 'x'.repeat(2 ** 22)],
])('runs are refused while the program of a worker %s, and go on afterwards', async (_how, program) => {
  const prefix: string[] = []
  const session = await serve({ entry: mortalEntry(), prefix })
  prefix.push(program)
  await expect(session.run(number(666))).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
  await expect(session.run(number(1))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
  prefix.pop()
  await waitFor(async () => expect(await echo(session, 1)).toBe(1))
})

test.runIf(process.platform === 'linux')(
  'thousands of large tensors leave no open descriptor and no file behind',
  async () => {
    const echoes = writeModel({
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', shape: ['N'] }],
      outputs: [{ name: 'y', shape: ['N'] }],
    })
    const session = await serve({}, temporaryFile('echo.onnx', echoes))
    const run = async (): Promise<void> => {
      const outputs = await session.run(zeros(10_000))
      expect(outputs.get('y')!.data).toHaveLength(10_000)
      releaseTensors(outputs)
    }
    await run()
    const before = openFiles()
    for (let count = 0; count < 2000; count++) await run()
    expect(openFiles()).toEqual(before)
    expect(readdirSync('/dev/shm').filter((name) => name.startsWith(`onnx-serve-${process.pid}-`))).toEqual([])
  },
)

/** Where the descriptors of this process lead. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`).replace(/\d+/g, '')]
    } catch {
      // The one that the folder was read with.
      return []
    }
  })
}

function zeros(length: number): Tensors {
  return new Map([['x', { dataType: 'float32', shape: [length], data: new Float32Array(length) }]])
}
