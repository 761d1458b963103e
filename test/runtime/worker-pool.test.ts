import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { DataType, TensorData } from '../../src/core/datatypes.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { ModelLoadError } from '../../src/runtime/runtime.ts'
import type { WorkerPoolOptions } from '../../src/runtime/worker-pool.ts'
import { fixtureModel } from '../support/paths.ts'
import { startPool } from '../support/pool.ts'

function startRuntime(options: Partial<WorkerPoolOptions> = {}) {
  const deaths: Error[] = []
  const givenUp: Error[] = []
  const onDeath = (error: Error) => void deaths.push(error)
  const onGiveUp = (error: Error) => void givenUp.push(error)
  const runtime = startPool({ onDeath, onGiveUp, ...options })
  onTestFinished(() => runtime.close())
  return { runtime, deaths, givenUp }
}

const plain = (file: string) => ({ file, edits: [], bytes: 0 })

function tensor(dataType: DataType, shape: readonly number[], data: TensorData): Tensor {
  return { dataType, shape, data }
}

function lookUp(index: bigint): Map<string, Tensor> {
  return new Map([['index', tensor('int64', [1, 1], new BigInt64Array([index]))]])
}

async function temporaryFile(name: string, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onnx-serve-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  writeFileSync(join(folder, name), content)
  return join(folder, name)
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

describe('the runtime on its thread', () => {
  test('tells a signature, free dimensions as -1', async () => {
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

  test('returns every datatype as it came', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('every-type')))
    const types = Object.entries(EVERY_TYPE) as [DataType, TensorData][]
    const inputs = types.map(([type, data]) => [`${type}_in`, tensor(type, [1, 2], data.slice())] as const)
    const outputs = await session.run(new Map(inputs))
    expect(outputs).toEqual(new Map(types.map(([type, data]) => [`${type}_out`, tensor(type, [1, 2], data)])))
  })

  test('computes only the outputs that are asked for', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('image')))
    const image = tensor('float32', [1, 1, 2, 2], new Float32Array([1, 2, 3, 6]))
    const outputs = await session.run(new Map([['image', image]]), ['mean'])
    expect(outputs).toEqual(new Map([['mean', tensor('float32', [1], new Float32Array([3]))]]))
  })

  test('moves the inputs instead of copying them', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('regressor')))
    const data = new Float32Array([1, 2])
    await session.run(new Map([['X', tensor('float32', [1, 2], data)]]))
    expect(data).toHaveLength(0)
  })

  test('serves the tensors of a model whose other output is none', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('sequence')))
    expect(session.unsupportedOutputs).toEqual(['probabilities'])
    const outputs = await session.run(new Map([['X', tensor('float32', [1, 2], new Float32Array([0, 1]))]]))
    expect([...outputs.keys()]).toEqual(['label'])
  })

  test('goes on after values that the model cannot compute, and says why without a path', async () => {
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
  ])('refuses a file that is %s, without a path of any machine', async (_case, content) => {
    const { runtime } = startRuntime()
    const error = await runtime
      .load(plain(await temporaryFile('broken.onnx', content)))
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ModelLoadError)
    expect((error as Error).message).toMatch(/^[^/]{5,}$/)
  })

  test('refuses a file that is not there', async () => {
    const { runtime } = startRuntime()
    await expect(runtime.load(plain('/nowhere/at-all.onnx'))).rejects.toThrow(/^(?!.*nowhere).*at-all\.onnx/)
  })

  test('refuses runs of a session that has been disposed', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('regressor')))
    await session.dispose()
    const run = session.run(new Map([['X', tensor('float32', [1, 2], new Float32Array(2))]]))
    await expect(run).rejects.toThrow('disposed')
  })

  test('closes cleanly, and again', async () => {
    const { runtime, deaths } = startRuntime()
    await runtime.load(plain(fixtureModel('regressor')))
    await runtime.close()
    await runtime.close()
    expect(deaths).toEqual([])
  })

  test('lets a run finish before it closes', async () => {
    const { runtime } = startRuntime()
    const session = await runtime.load(plain(fixtureModel('slow')))
    const run = session.run(new Map([['iterations', tensor('int64', [1, 1], new BigInt64Array([500n]))]]))
    await runtime.close()
    expect((await run).get('done')!.data).toEqual(new Float32Array([500]))
  })
})

describe('several threads', () => {
  test('compute at once', async () => {
    const { runtime } = startRuntime({ size: 2 })
    const session = await runtime.load(plain(fixtureModel('slow')))
    expect(session.parallelism).toBe(2)
    const run = async (iterations: bigint) => {
      const data = new BigInt64Array([iterations])
      await session.run(new Map([['iterations', tensor('int64', [1, 1], data)]]))
      return iterations
    }
    // The long run takes one thread; the short ones all pass it on the other.
    const long = run(5000n)
    for (const short of [1n, 2n, 3n]) expect(await Promise.race([long, run(short)])).toBe(short)
    expect(await long).toBe(5000n)
  })

  test('tell when one is free, each model in turn', async () => {
    const { runtime } = startRuntime({ size: 1 })
    const [a, b] = [await runtime.load(plain(fixtureModel('slow'))), await runtime.load(plain(fixtureModel('slow')))]
    const turns: string[] = []
    const start = (session: typeof a, name: string) => () => {
      if (turns.length >= 4) return
      turns.push(name)
      void session.run(new Map([['iterations', tensor('int64', [1, 1], new BigInt64Array([1n]))]]))
    }
    a.onFree(start(a, 'a'))
    b.onFree(start(b, 'b'))
    expect([a.isFree(), b.isFree()]).toEqual([true, true])
    const run = a.run(new Map([['iterations', tensor('int64', [1, 1], new BigInt64Array([50n]))]]))
    expect([a.isFree(), b.isFree()]).toEqual([false, false])
    await run
    await vi.waitUntil(() => turns.length === 4)
    expect(turns.join('')).toBe('abab')
  })

  test('all hold a model, and all give it back', async () => {
    const { runtime } = startRuntime({ size: 3 })
    const session = await runtime.load(plain(fixtureModel('regressor')))
    const inputs = () => new Map([['X', tensor('float32', [1, 2], new Float32Array([1, 1]))]])
    const answers = await Promise.all(Array.from({ length: 9 }, () => session.run(inputs())))
    for (const answer of answers) expect(answer.get('variable')!.data).toEqual(new Float32Array([6]))
    await session.dispose()
    await expect(session.run(inputs())).rejects.toThrow('disposed')
  })
})

/** A thread that echoes what it is to compute, and dies of the number 666. */
const MORTAL = `import { parentPort } from 'node:worker_threads'
  const signature = { inputs: [], outputs: [{ name: 'x', dataType: 'float32', shape: [-1] }] }
  parentPort.on('message', ({ id, kind, runs }) => {
    if (kind === 'run' && runs[0].inputs.get('x').data[0] === 666) throw new Error('out of order')
    const result = kind === 'load' ? { session: id, signature, unsupportedOutputs: [], loadMs: 1 } : runs?.map(({ inputs }) => inputs)
    parentPort.postMessage({ id, ok: true, result })
    if (kind === 'stop') parentPort.close()
  })`

describe('a thread that dies', () => {
  const number = (value: number) => new Map([['x', tensor('float32', [1], new Float32Array([value]))]])

  test.each([1, 2])('of %i is replaced: its runs fail, the next works', async (size) => {
    const entry = pathToFileURL(await temporaryFile('mortal.mjs', MORTAL))
    const { runtime, deaths, givenUp } = startRuntime({ entry, size })
    const session = await runtime.load(plain('any'))
    for (let round = 0; round < 3; round++) {
      await expect(session.run(number(666))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
      expect((await session.run(number(round))).get('x')!.data).toEqual(new Float32Array([round]))
    }
    expect(deaths.map(({ message }) => message)).toEqual(['out of order', 'out of order', 'out of order'])
    expect(givenUp).toEqual([])
  })

  test('while it takes the place of another is replaced as well, three times in a row', async () => {
    const deathsLeft = await temporaryFile('deaths', '0')
    const dying = `import { readFileSync, writeFileSync } from 'node:fs'
      const left = Number(readFileSync('${deathsLeft}', 'utf8'))
      writeFileSync('${deathsLeft}', String(Math.max(0, left - 1)))
      if (left > 0) throw new Error('not yet')
      ${MORTAL}`
    const entry = pathToFileURL(await temporaryFile('mortal.mjs', dying))
    const { runtime, deaths, givenUp } = startRuntime({ entry })
    const session = await runtime.load(plain('any'))
    writeFileSync(deathsLeft, '2')
    await expect(session.run(number(666))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    expect((await session.run(number(1))).get('x')!.data).toEqual(new Float32Array([1]))
    expect(deaths.map(({ message }) => message)).toEqual(['out of order', 'not yet', 'not yet'])
    writeFileSync(deathsLeft, '9')
    await expect(session.run(number(666))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    await expect(session.run(number(1))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    expect(givenUp).toMatchObject([{ message: 'not yet' }])
    expect(deaths).toHaveLength(7)
  })

  test('leaves a model whose file has changed to the others, and gives up where there are none', async () => {
    const entry = pathToFileURL(await temporaryFile('mortal.mjs', MORTAL))
    const file = await temporaryFile('model.onnx', 'one')
    const lost: string[] = []
    const onLost = (_file: string, { message }: Error) => void lost.push(message)
    const { runtime, givenUp } = startRuntime({ entry, size: 2, onLost })
    const [changed, other] = [await runtime.load(plain(file)), await runtime.load(plain('any'))]
    writeFileSync(file, 'another')
    await expect(changed.run(number(666))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    await vi.waitFor(() => expect(lost).toEqual(['its file has changed since it was loaded first']))
    for (const session of [changed, other]) {
      expect((await session.run(number(2))).get('x')!.data).toEqual(new Float32Array([2]))
    }
    expect(givenUp).toEqual([])
    await expect(changed.run(number(666))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    await vi.waitFor(() => expect(givenUp).toHaveLength(1))
  })

  test('takes only its own runs with it', async () => {
    const entry = pathToFileURL(await temporaryFile('mortal.mjs', MORTAL))
    const { runtime } = startRuntime({ entry, size: 2 })
    const session = await runtime.load(plain('any'))
    const outcomes = await Promise.allSettled([
      session.run(number(666)),
      session.run(number(1)),
      session.run(number(2)),
    ])
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeLessThan(3)
    expect((await session.run(number(5))).get('x')!.data).toEqual(new Float32Array([5]))
  })

  test.each([
    ['throws', `throw new Error('out of order')`, 'out of order'],
    ['exits', 'process.exit(3)', 'code 3'],
  ])('before it has loaded anything is given up: it %s', async (_how, act, message) => {
    const script = `import { parentPort } from 'node:worker_threads'
      parentPort.on('message', () => { ${act} })`
    const entry = pathToFileURL(await temporaryFile('dies.mjs', script))
    const { runtime, givenUp } = startRuntime({ entry })
    await expect(runtime.load(plain('any'))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    await expect(runtime.load(plain('any'))).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    expect(givenUp[0]!.message).toContain(message)
  })
})
