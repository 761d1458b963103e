import { arch } from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBesideIris } from '../support/beside-iris.ts'
import type { BesideIris, Input } from '../support/beside-iris.ts'
import * as killers from '../support/killer-models.ts'
import * as memory from '../support/memory-models.ts'

// Each model is asked twice for what ends ONNX Runtime 1.30, never returns, or takes all memory. Meanwhile six clients ask
// for iris without a pause, and each of their requests must be answered.

interface Killer {
  readonly name: string
  readonly model: Uint8Array
  readonly inputs: readonly Input[]
}

const input = (name: string, datatype: string, shape: readonly number[], data: Input['data'] = []): Input => {
  return { name, datatype, shape, data }
}
const int64 = (name: string, ...data: Input['data']): Input => input(name, 'INT64', [data.length], data)
const smallest = { int32: String(-(2n ** 31n)), int64: String(-(2n ** 63n)) }

function division(op: 'Div' | 'Mod', type: 'int32' | 'int64'): Killer {
  const [a, b] = [smallest[type], '-1'].map((value, index) => {
    const number = type === 'int32' ? Number(value) : value
    return input('ab'[index]!, type.toUpperCase(), [1], [number])
  })
  return { name: `${op} of ${type}`, model: killers.dividingModel(op, type), inputs: [a!, b!] }
}

const DIVISIONS: readonly Killer[] = [
  { name: 'TopK of no rows', model: killers.topKModel(), inputs: [input('x', 'FP32', [0, 3])] },
  division('Div', 'int32'),
  division('Div', 'int64'),
  division('Mod', 'int32'),
  division('Mod', 'int64'),
  {
    name: 'a value that only made-up inputs have',
    model: killers.dyingOfOneValueModel(-1, ['N']),
    inputs: [input('a', 'INT32', [1], [0])],
  },
]

const ABORTS: readonly Killer[] = [
  { name: 'an LSTM without a batch', model: killers.recurrentModel('LSTM'), inputs: [input('x', 'FP32', [0, 2, 1])] },
  { name: 'a GRU without a batch', model: killers.recurrentModel('GRU'), inputs: [input('x', 'FP32', [0, 2, 1])] },
  { name: 'a GRU without time', model: killers.recurrentModel('GRU'), inputs: [input('x', 'FP32', [2, 0, 1])] },
]

const PICTURE = input('x', 'FP32', [1, 1, 0, 2])
const BOX = input('boxes', 'FP32', [1, 4], [0, 0, 1, 1])

const BAD_READS: readonly Killer[] = [
  { name: 'InstanceNormalization of no pixels', model: killers.instanceNormModel(), inputs: [PICTURE] },
  { name: 'RoiAlign of no pixels', model: killers.roiAlignModel(), inputs: [PICTURE, BOX, int64('pictures', 0)] },
]

const IMAGE = input('x', 'FP32', [1, 1, 2, 2], [1, 2, 3, 4])

const ENDLESS: readonly Killer[] = [
  { name: 'Loop of 2^62 turns', model: killers.loopModel(), inputs: [int64('turns', String(2n ** 62n))] },
  {
    name: 'Conv with a kernel of height 0',
    model: killers.convolutionModel(),
    inputs: [IMAGE, input('kernel', 'FP32', [1, 1, 0, 1])],
  },
]

const HUGE = 2 ** 28
const ONE = input('x', 'FP32', [1], [1])

const LARGE: readonly Killer[] = [
  { name: 'ConstantOfShape', model: memory.fillModel(), inputs: [int64('shape', HUGE)] },
  { name: 'Expand', model: memory.expandModel(), inputs: [ONE, int64('shape', HUGE)] },
  { name: 'Tile', model: memory.tileModel(), inputs: [ONE, int64('repeats', HUGE)] },
  { name: 'Range', model: memory.rangeModel(), inputs: [int64('limit', HUGE)] },
  { name: 'OneHot', model: memory.oneHotModel(), inputs: [int64('index', 1), int64('depth', HUGE)] },
  { name: 'Pad', model: memory.padModel(), inputs: [ONE, int64('pads', HUGE, 0)] },
  {
    name: 'Resize',
    model: memory.resizeModel(),
    inputs: [input('x', 'FP32', [1, 1, 1, 1], [1]), int64('size', 1, 1, 2 ** 14, 2 ** 14)],
  },
  {
    name: 'attention over 20,000 positions',
    model: memory.attentionModel(),
    inputs: [input('x', 'FP32', [20_000], Array<number>(20_000).fill(1))],
  },
]

// Only these processors fault on the division; others answer with some number.
describe.runIf(arch === 'x64')('values that divide as the processor cannot', () => {
  const iris = besideIris(DIVISIONS)
  test.each(DIVISIONS)(
    'values that end the worker are refused, and other requests are answered: $name',
    async (killer) => {
      await askTwice(iris(), killer, {
        status: 422,
        error: 'these values end the runtime: SIGFPE, a division that the processor cannot do',
      })
    },
  )
})

describe('values that the runtime aborts for', () => {
  const iris = besideIris(ABORTS)
  test.each(ABORTS)(
    'values that end the worker are refused, and other requests are answered: $name',
    async (killer) => {
      await askTwice(iris(), killer, {
        status: 422,
        error: 'these values end the runtime: SIGABRT, a failed check in native code',
      })
    },
  )
})

describe('values that the runtime reads beyond', () => {
  const iris = besideIris(BAD_READS)
  test.each(BAD_READS)(
    'values behind which the runtime reads are refused, end nothing else, and show no memory: $name',
    async (killer) => {
      await askTwice(iris(), killer, {
        status: 422,
        error: 'these values end the runtime: SIGSEGV, an access outside of its memory',
      })
    },
  )
})

describe('values that never come to an end', () => {
  const iris = besideIris(ENDLESS, '--max-run=0.5')
  test.each(ENDLESS)(
    'values whose run never ends are given up and do not delay other requests: $name',
    async (killer) => {
      await askTwice(iris(), killer, { status: 503, error: 'the model has computed for 500 ms, longer than it may' })
    },
  )
})

describe.runIf(process.platform === 'linux')('values that ask for more memory than a worker may take', () => {
  const iris = besideIris(LARGE, '--max-run-memory=512', '--max-rows=100000')
  test.each(LARGE)(
    'values that ask for too much memory are refused with the amount and end nothing: $name',
    async (killer) => {
      await askTwice(iris(), killer, {
        status: 422,
        error:
          'the model cannot compute this input: it needs more memory than the 512 MB that a worker may take (--max-run-memory)',
      })
      expect(iris().server.lines.filter(({ msg }) => msg?.startsWith('a worker ended'))).toEqual([])
    },
  )
})

/** One server for a group of killers, each of which has a model of its own. */
function besideIris(group: readonly Killer[], ...args: string[]): () => BesideIris {
  let iris: BesideIris
  const ends: (() => void | Promise<void>)[] = []
  beforeAll(async () => {
    const models = Object.fromEntries(group.map(({ name, model }) => [fileNameOf(name), model]))
    iris = await startBesideIris({ models, args: ['--workers=2', ...args], atEnd: (end) => ends.unshift(end) })
  })
  afterAll(async () => {
    for (const end of ends) await end()
  })
  return () => iris
}

async function askTwice(iris: BesideIris, { name, inputs }: Killer, expected: { status: number; error: string }) {
  const { error, status } = expected
  for (let time = 0; time < 2; time++) {
    const before = iris.tally.statuses.get(200) ?? 0
    expect(await iris.ask(fileNameOf(name), inputs)).toMatchObject({ status, body: { error } })
    // All six have been answered anew.
    await iris.answered(before + 6)
  }
  expect([...iris.tally.statuses.keys()]).toEqual([200])
  // What the native libraries write is part of a line of the log, or nowhere.
  expect(iris.server.stderr()).toBe('')
  expect(iris.server.lines.filter((line) => !('level' in line))).toEqual([])
  expect(iris.tally).toMatchObject({ refused: 0, lost: { kept: 0, made: 0 } })
}

function fileNameOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
}
