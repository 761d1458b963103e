import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { DataType, TensorData } from '../../src/core/datatypes.ts'
import { ServingError } from '../../src/core/errors.ts'
import { releaseTensors } from '../../src/core/owned-tensors.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { ModelLoadError } from '../../src/runtime/runtime.ts'
import type { Runtime, Session } from '../../src/runtime/runtime.ts'
import type { WorkerPoolOptions } from '../../src/runtime/worker-pool.ts'
import { temporaryFile } from '../support/folders.ts'
import { fillModel } from '../support/memory-models.ts'
import { FAULT, echo, mortalEntry, number } from '../support/mortal-worker.ts'
import { WORKER_ENTRY, fixtureModel } from '../support/paths.ts'
import { startPool } from '../support/pool.ts'
import { waitFor, waitUntil } from '../support/wait.ts'

function startRuntime(options: Partial<WorkerPoolOptions> = {}) {
  const deaths: string[] = []
  const lost: string[] = []
  const runtime = startPool({
    onDeath: ({ reason }) => void deaths.push(reason),
    onLost: (_file, { message }) => void lost.push(message),
    ...options,
  })
  onTestFinished(() => runtime.close())
  return { runtime, deaths, lost }
}

const plain = (file: string) => ({ file, edits: [], bytes: 0 })

/** Loads a model, which every worker holds then. */
async function serve(runtime: Runtime, file: string, isHarmless = true): Promise<Session> {
  const session = await runtime.load(plain(file))
  await session.serve({ isHarmless, isResident: true })
  await runtime.settle()
  return session
}

function tensor(dataType: DataType, shape: readonly number[], data: TensorData): Tensor {
  return { dataType, shape, data }
}

function lookUp(index: bigint): Map<string, Tensor> {
  return new Map([['index', tensor('int64', [1, 1], new BigInt64Array([index]))]])
}

function bytesOf({ data }: Tensor): Buffer {
  const { buffer, byteOffset, byteLength } = data as Uint8Array
  return Buffer.from(buffer, byteOffset, byteLength)
}

const EVERY_TYPE: Readonly<Record<DataType, TensorData>> = {
  float32: new Float32Array([1.5, -2]),
  float64: new Float64Array([1e300, 0.1]),
  float16: new Uint16Array([0x3e00, 0xc000]),
  bool: new Uint8Array([1, 0]),
  string: ['π', '😀 "'],
  int8: new Int8Array([-128, 127]),
  int16: new Int16Array([-32768, 32767]),
  int32: new Int32Array([-(2 ** 31), 2 ** 31 - 1]),
  int64: new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n]),
  uint8: new Uint8Array([0, 255]),
  uint16: new Uint16Array([0, 65535]),
  uint32: new Uint32Array([0, 2 ** 32 - 1]),
  uint64: new BigUint64Array([0n, 2n ** 64n - 1n]),
}

/** An array of the same type that holds these values several times. */
function repeat(values: Float32Array, times: number): Float32Array {
  const { length } = values
  const repeated = new (values.constructor as Float32ArrayConstructor)(length * times)
  for (let at = 0; at < repeated.length; at++) repeated[at] = values[at % length]!
  return repeated
}

describe('the runtime', () => {
  test('the runtime reports a signature with free dimensions as -1', async () => {
    const { runtime } = startRuntime()
    const { signature } = await runtime.load(plain(fixtureModel('image')))
    expect(signature).toEqual({
      inputs: [
        {
          name: 'image',
          dataType: 'float32',
          shape: [-1, 1, 2, 2],
          freeNames: ['batch', undefined, undefined, undefined],
        },
      ],
      outputs: [
        { name: 'mean', dataType: 'float32', shape: [-1], freeNames: ['batch'] },
        { name: 'pixels', dataType: 'float32', shape: [-1, 4], freeNames: ['batch', undefined] },
      ],
    })
  })

  test('the runtime returns values of every datatype unchanged', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('every-type')))
    const types = Object.entries(EVERY_TYPE) as [DataType, TensorData][]
    const inputs = types.map(([type, data]) => [`${type}_in`, tensor(type, [1, 2], data.slice())] as const)
    const outputs = await session.run(new Map(inputs))
    expect(outputs).toEqual(new Map(types.map(([type, data]) => [`${type}_out`, tensor(type, [1, 2], data)])))
  })

  test('the runtime computes only the outputs that are asked for', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('image')))
    const image = tensor('float32', [1, 1, 2, 2], new Float32Array([1, 2, 3, 6]))
    const outputs = await session.run(new Map([['image', image]]), ['mean'])
    expect(outputs).toEqual(new Map([['mean', tensor('float32', [1], new Float32Array([3]))]]))
  })

  test('the runtime does not change the inputs', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('regressor')))
    const data = new Float32Array([1, 2])
    await session.run(new Map([['X', tensor('float32', [1, 2], data)]]))
    expect([...data]).toEqual([1, 2])
  })

  test('the runtime passes large tensors to a worker and back, and small ones after them', async () => {
    const { runtime } = startRuntime()
    const session = await serve(runtime, fixtureModel('every-type'))
    for (const rows of [300_000, 1, 2000]) {
      const inputs = Object.entries(EVERY_TYPE).map(([type, data]) => {
        const isShort = type === 'string'
        const made = isShort ? data : repeat(data as Float32Array, rows)
        return [type, tensor(type as DataType, [isShort ? 1 : rows, 2], made)] as const
      })
      const [outputs] = await session.runAll([
        {
          inputs: new Map(inputs.map(([type, value]) => [`${type}_in`, value])),
          outputs: ['float32_out', 'uint8_out'],
        },
      ])
      const expected = new Map(inputs)
      for (const type of ['float32', 'uint8']) {
        const found = (outputs as ReadonlyMap<string, Tensor>).get(`${type}_out`)!
        expect(Buffer.compare(bytesOf(found), bytesOf(expected.get(type)!))).toBe(0)
      }
      releaseTensors(outputs as ReadonlyMap<string, Tensor>)
    }
  })

  test('the runtime serves the tensors of a model that also has an unsupported output', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('sequence')))
    expect(session.unsupportedOutputs).toEqual(['probabilities'])
    const outputs = await session.run(new Map([['X', tensor('float32', [1, 2], new Float32Array([0, 1]))]]))
    expect([...outputs.keys()]).toEqual(['label'])
  })

  test('the runtime refuses outputs that are too large, and says how many rows fit', async () => {
    const { runtime } = startRuntime()
    const session = await serve(runtime, fixtureModel('row'))
    const inputs = new Map([['x', tensor('float32', [100, 4], new Float32Array(400))]])
    const [refused] = await session.runAll([{ inputs }], { maxAnswerBytes: 700 })
    expect(refused).toMatchObject({
      code: 'ANSWER_TOO_LARGE',
      message: expect.stringMatching(/may take 9200 bytes, .*send at most 7 rows in one request$/),
    })
    const [computed] = await session.runAll([{ inputs }], { maxAnswerBytes: 1600 })
    expect(computed).toBeInstanceOf(Map)
  })

  test('the runtime goes on after values that the model cannot compute, and explains them without a path', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('lookup')))
    await expect(session.run(lookUp(9n))).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: expect.stringMatching(/^the model cannot compute this input: [^/]*idx=9 must be within/),
    })
    expect((await session.run(lookUp(2n))).get('row')!.data).toEqual(new Float32Array([2.5]))
  })

  test.each([
    ['no protobuf', 'this is no model'],
    ['empty', ''],
  ])('the runtime refuses a file that is %s, and its message has no path', async (_case, content) => {
    const { runtime } = startRuntime()
    const error = await runtime.load(plain(temporaryFile('broken.onnx', content))).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ModelLoadError)
    expect((error as Error).message).toMatch(/^[^/]{5,}$/)
  })

  test('the runtime refuses a file that does not exist, and names it without its folder', async () => {
    const { runtime } = startRuntime()
    await expect(runtime.load(plain('/nowhere/at-all.onnx'))).rejects.toThrow(/^(?!.*nowhere).*at-all\.onnx/)
  })

  test('the runtime refuses runs of a session that has been disposed', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('regressor')))
    await session.dispose()
    const run = session.run(new Map([['X', tensor('float32', [1, 2], new Float32Array(2))]]))
    await expect(run).rejects.toThrow('disposed')
  })

  test('the runtime can be closed twice without the death of a worker', async () => {
    const { runtime, deaths } = startRuntime()
    await runtime.load(plain(fixtureModel('regressor')))
    await runtime.close()
    await runtime.close()
    expect(deaths).toEqual([])
  })

  test('the runtime lets a run finish before it closes', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('slow')))
    const run = session.run(new Map([['iterations', tensor('int64', [1, 1], new BigInt64Array([500n]))]]))
    await runtime.close()
    expect((await run).get('done')!.data).toEqual(new Float32Array([500]))
  })
})

describe('several workers', () => {
  test('several workers compute runs of one model at the same time', async () => {
    const { runtime } = startRuntime({ size: 2 })
    const session = await serve(runtime, fixtureModel('slow'))
    expect(session.parallelism).toBe(2)
    // The long run takes one worker; the short ones all pass it on the other.
    const long = iterate(session, 5000)
    for (const short of [1, 2, 3]) expect(await Promise.race([long, iterate(session, short)])).toBe(short)
    expect(await long).toBe(5000)
  })

  test('a free worker is offered to each model that waits', async () => {
    const { runtime } = startRuntime({ size: 1 })
    const [a, b] = [await serve(runtime, fixtureModel('slow')), await serve(runtime, fixtureModel('slow'))]
    const turns: string[] = []
    const start = (session: Session, name: string) => () => {
      if (turns.filter((each) => each === name).length >= 2 || !session.isFree()) return
      turns.push(name)
      void iterate(session, 1)
    }
    a.onFree(start(a, 'a'))
    b.onFree(start(b, 'b'))
    expect([a.isFree(), b.isFree()]).toEqual([true, true])
    await Promise.all([iterate(a, 50), iterate(b, 50)])
    await waitUntil(() => turns.length === 4)
    expect(turns.toSorted().join('')).toBe('aabb')
  })

  test('one model never takes all workers while another model has runs', async () => {
    const { runtime } = startRuntime({ size: 2 })
    const [greedy, other] = [await serve(runtime, fixtureModel('slow')), await serve(runtime, fixtureModel('slow'))]
    const endless = Promise.all([1, 2, 3].map(() => iterate(greedy, 5000)))
    expect(greedy.isFree()).toBe(false)
    expect(other.isFree()).toBe(true)
    for (const short of [1, 2, 3]) expect(await Promise.race([endless, iterate(other, short)])).toBe(short)
    await endless
  })

  test('several workers compute the runs of a model until it is disposed', async () => {
    const { runtime } = startRuntime({ size: 3 })
    const session = await serve(runtime, fixtureModel('regressor'))
    const inputs = () => new Map([['X', tensor('float32', [1, 2], new Float32Array([1, 1]))]])
    const answers = await Promise.all(Array.from({ length: 9 }, () => session.run(inputs())))
    for (const answer of answers) expect(answer.get('variable')!.data).toEqual(new Float32Array([6]))
    await session.dispose()
    await expect(session.run(inputs())).rejects.toThrow('disposed')
  })

  test('a worker starts when a model that is computed inline needs it', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('slow')))
    await session.serve({ isHarmless: true, isResident: false })
    await runtime.settle()
    expect(await iterate(session, 2)).toBe(2)
    expect(await iterate(session, 3)).toBe(3)
  })
})

/** @returns How many iterations were computed. */
async function iterate(session: Session, iterations: number, maxMs?: number): Promise<number> {
  const inputs = new Map([['iterations', tensor('int64', [1, 1], new BigInt64Array([BigInt(iterations)]))]])
  const [result] = await session.runAll([{ inputs }], maxMs === undefined ? {} : { maxMs })
  if (result instanceof ServingError) throw result
  return (result!.get('done')!.data as Float32Array)[0]!
}

describe('a worker that dies', () => {
  test.each([1, 2])(
    'in a pool of %i, a worker that dies is replaced, and only the values that ended it are refused',
    async (size) => {
      const { runtime, deaths } = startRuntime({ entry: mortalEntry(), size })
      const session = await serve(runtime, 'any')
      const seen = vi.fn<() => void>()
      session.onDeath(seen)
      for (let round = 0; round < 3; round++) {
        await expect(session.run(number(666))).rejects.toMatchObject({
          code: 'INFERENCE_FAILED',
          message: 'these values end the runtime: SIGFPE, a division that the processor cannot do',
        })
        expect(await echo(session, round)).toBe(round)
      }
      expect(deaths).toEqual(Array(3).fill('SIGFPE, a division that the processor cannot do'))
      expect(seen).toHaveBeenCalledTimes(3)
    },
  )

  test('a worker that dies costs only its own run among the runs that came together', async () => {
    const { runtime } = startRuntime({ entry: mortalEntry() })
    const session = await serve(runtime, 'any')
    const results = await session.runAll([1, 666, 2, 3].map((value) => ({ inputs: number(value) })))
    expect(results[1]).toMatchObject({ code: 'INFERENCE_FAILED' })
    expect([0, 2, 3].map((at) => (results[at] as ReadonlyMap<string, Tensor>).get('x')!.data[0])).toEqual([1, 2, 3])
  })

  test.each([
    ['is killed from outside', `process.kill(process.pid, 'SIGKILL'); for (;;);`],
    ['exits', 'process.exit(9)'],
  ])('no request is blamed for a worker that %s', async (_how, act) => {
    const { runtime } = startRuntime({ entry: mortalEntry(act) })
    const session = await serve(runtime, 'any')
    await expect(session.run(number(666))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    expect(await echo(session, 5)).toBe(5)
  })

  test('a worker that dies while it loads a model is replaced when a request needs the model', async () => {
    const deathsLeft = temporaryFile('deaths', '0')
    const dying = `const { readFileSync, writeFileSync } = process.getBuiltinModule('node:fs')
      const left = Number(readFileSync('${deathsLeft}', 'utf8'))
      writeFileSync('${deathsLeft}', String(Math.max(0, left - 1)))
      if (left > 0) process.exit(4)`
    const { runtime, deaths, lost } = startRuntime({ entry: mortalEntry(FAULT, dying) })
    const session = await serve(runtime, 'any')
    writeFileSync(deathsLeft, '2')
    await expect(session.run(number(666))).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
    await waitFor(() => expect(lost).toHaveLength(1))
    // It is loaded again when a request needs it, and once more where that ends a worker.
    expect(await echo(session, 1)).toBe(1)
    expect(deaths).toEqual(['SIGFPE, a division that the processor cannot do', 'exit code 4', 'exit code 4'])
  })

  test('a model whose file has changed stays on the other workers, and its runs fail if none is left', async () => {
    const file = temporaryFile('model.onnx', 'one')
    const { runtime, lost } = startRuntime({ entry: mortalEntry(), size: 2 })
    const changed = await serve(runtime, file)
    writeFileSync(file, 'another')
    await expect(changed.run(number(666))).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
    await waitFor(() =>
      expect(lost).toEqual([expect.stringMatching(/^its file has changed since it was loaded first/)]),
    )
    expect(await echo(changed, 2)).toBe(2)
    await expect(changed.run(number(666))).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
    await expect(changed.run(number(2))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
  })
})

describe('a run that takes too long', () => {
  test('a run that takes too long is ended with its worker, and the next run works', async () => {
    const { runtime, deaths } = startRuntime()
    const session = await serve(runtime, fixtureModel('slow'))
    await expect(iterate(session, 100_000_000, 100)).rejects.toMatchObject({
      code: 'RUN_TIMEOUT',
      message: 'the model has computed for 100 ms, longer than it may',
    })
    expect(await iterate(session, 1)).toBe(1)
    expect(deaths).toEqual(['a run took longer than 100 ms'])
  })
})

describe.runIf(process.platform === 'linux')('a run that needs too much memory', () => {
  test('a run that needs too much memory is refused with the limit, and no worker dies', async () => {
    const { runtime, deaths } = startRuntime()
    const file = temporaryFile('fill.onnx', '')
    writeFileSync(file, fillModel())
    const session = await serve(runtime, file)
    const fill = (size: bigint) => session.run(new Map([['shape', tensor('int64', [1], new BigInt64Array([size]))]]))
    await expect(fill(2n ** 32n)).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: expect.stringMatching(/needs more memory than the 1024 MB that a worker may take/),
    })
    expect((await fill(3n)).get('y')!.data).toHaveLength(3)
    expect(deaths).toEqual([])
  })
})

describe('trying a model', () => {
  test('a model is refused if loading it ends the process', async () => {
    const { runtime } = startRuntime({ entry: mortalEntry(FAULT, 'process.abort()') })
    await expect(runtime.load(plain('any'))).rejects.toThrow(/^loading it ends the process: SIGABRT, a failed check/)
  })

  test('a model is refused if loading it takes too long', async () => {
    const { runtime } = startRuntime({ entry: mortalEntry(FAULT, 'for (;;);'), maxLoadMs: 300 })
    await expect(runtime.load(plain('any'))).rejects.toThrow(
      'loading and trying it took longer than 0.3 s (--max-load)',
    )
  })

  test('a model is refused if every run ends the process', async () => {
    const { runtime } = startRuntime({ entry: mortalEntry() })
    const session = await runtime.load(plain('any'))
    for (let run = 0; run < 5; run++) await expect(session.run(number(666))).rejects.toBeInstanceOf(ServingError)
    await expect(session.serve({ isHarmless: false, isResident: true })).rejects.toThrow(
      /^it ends the process that computes it: SIGFPE/,
    )
    await session.dispose()
  })

  test('a model is served with a warning if only some of the tried values end its process', async () => {
    const { runtime } = startRuntime({ entry: mortalEntry() })
    const session = await runtime.load(plain('any'))
    await expect(session.run(number(666))).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
    expect(await echo(session, 1)).toBe(1)
    await session.serve({ isHarmless: false, isResident: true })
    expect(session.warnings).toEqual([
      expect.stringMatching(/^some of the values that were tried end its process: SIGFPE/),
    ])
    expect(await echo(session, 2)).toBe(2)
  })
})

test.runIf(process.platform === 'linux')('a worker ends with its server, even in the middle of a run', async () => {
  const script = `import { createWorkerPool } from '${new URL('worker-pool.js', WORKER_ENTRY).href}'
    import { findWorkerCommand } from '${new URL('worker-command.js', WORKER_ENTRY).href}'
    const runtime = createWorkerPool({ entry: new URL('${WORKER_ENTRY.href}'), prefix: findWorkerCommand(2 ** 30).prefix,
      memoryBytes: 2 ** 30, size: 1, intraOpThreads: 1, maxLoadMs: 1e5, onDeath() {}, onLost() {} })
    const session = await runtime.load({ file: '${fixtureModel('slow')}', edits: [], bytes: 0 })
    const data = new BigInt64Array([100_000_000n])
    void session.run(new Map([['iterations', { dataType: 'int64', shape: [1, 1], data }]]))
    setTimeout(() => console.log('running'), 50)`
  const server = spawn(process.execPath, [fileURLToPath(pathToFileURL(temporaryFile('server.mjs', script)))])
  onTestFinished(() => void server.kill('SIGKILL'))
  await once(server.stdout, 'data')
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim()
  expect(children).toMatch(/^\d+$/)
  server.kill('SIGKILL')
  await once(server, 'exit')
  // It keeps its number, without a command line, where the first process of the system buries nobody.
  const commandLine = `/proc/${children}/cmdline`
  await waitUntil(() => !existsSync(commandLine) || readFileSync(commandLine).length === 0)
})
