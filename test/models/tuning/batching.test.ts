import { expect, test } from 'vitest'
import type { TensorSpec } from '../../../src/core/signature.ts'
import type { Tensor, Tensors } from '../../../src/core/tensor.ts'
import { chooseBatching } from '../../../src/models/tuning/batching.ts'
import type { BatchingOptions } from '../../../src/models/tuning/batching.ts'
import { buildSampleInputs } from '../../../src/models/tuning/sample-inputs.ts'
import type { Session } from '../../../src/runtime/runtime.ts'
import { createFakeSession } from '../../support/fake-session.ts'
import { createView, spec } from '../../support/views.ts'

type Answer = (x: Tensor) => Tensor

const echo: Answer = (x) => x

/** Every value less the largest of its column: what is answered to a row depends on the others. */
const centre: Answer = ({ dataType, shape, data }) => {
  const values = Array.from(data as BigInt64Array, Number)
  const top = Math.max(...values)
  return { dataType, shape, data: BigInt64Array.from(values, (value) => BigInt(value - top)) }
}

function session(signature: Session['signature'], answer: Answer): Session {
  const run = async (inputs: Tensors): Promise<Tensors> => {
    // A batch costs no more than a row.
    const until = performance.now() + 0.2
    while (performance.now() < until);
    return new Map([['y', answer(inputs.get('x')!)]])
  }
  return createFakeSession(signature, run)
}

function named(name: string, freeName: string | undefined, type: TensorSpec['dataType'] = 'float32'): TensorSpec {
  return { ...spec(name, type, [-1, 2]), ...(freeName !== undefined && { freeNames: [freeName, undefined] }) }
}

const PROVEN = { isProven: true } as const
const UNPROVEN = { isProven: false, reason: 'ReduceMax: it works across rows' } as const

interface Case {
  readonly x?: TensorSpec
  readonly y?: TensorSpec
  readonly answer?: Answer
  readonly asked?: BatchingOptions['asked']
  readonly proof?: BatchingOptions['proof']
  readonly realRows?: readonly Tensors[]
}

function choose({
  x = named('x', undefined),
  y = named('y', undefined),
  answer = echo,
  asked,
  realRows = [],
  proof = PROVEN,
}: Case) {
  const signature = { inputs: [x], outputs: [y] }
  return chooseBatching(session(signature, answer), { view: createView({ signature }), proof, realRows, asked })
}

test.each<[string, Case]>([
  ['the graph proves that rows are independent', {}],
  ['model.json says so, without a proof', { proof: UNPROVEN, asked: true }],
  ['model.json forces it, with a delay', { proof: UNPROVEN, asked: { force: true, maxDelayMs: 1 } }],
])('requests are joined if %s', async (_case, options) => {
  expect(await choose(options)).toMatchObject({
    maxBatchSize: 32,
    isIndependent: true,
    reason: expect.stringMatching(/^a row costs/),
  })
})

test.each<[string, Case, string, boolean]>([
  ['axis 0 is fixed', { x: spec('x', 'float32', [1, 2]) }, 'axis 0 of input x is fixed or unknown', false],
  ['the rank is unknown', { x: spec('x', 'float32', []) }, 'axis 0 of input x is fixed or unknown', false],
  [
    'the graph does not prove that rows are independent',
    { proof: UNPROVEN },
    'the graph does not prove that rows keep apart (ReduceMax: it works across rows); if you know that they do, set "batching": true in model.json',
    false,
  ],
  [
    'the graph proves nothing, although model.json sets a size',
    { proof: UNPROVEN, asked: { maxBatchSize: 8 } },
    'the graph does not prove that rows keep apart (ReduceMax: it works across rows); if you know that they do, set "batching": true in model.json',
    false,
  ],
  ['model.json forbids it', { asked: false }, 'model.json forbids it', false],
])('requests are not joined if %s', async (_case, options, reason, isIndependent) => {
  expect(await choose(options)).toMatchObject({ maxBatchSize: 1, reason, isIndependent })
})

test('requests are not joined if a batch changes the answers, even if model.json asks for it', async () => {
  const types = { x: named('x', undefined, 'int64'), y: named('y', undefined, 'int64') }
  for (const asked of [true, { maxBatchSize: 4, force: true }]) {
    expect(await choose({ ...types, answer: centre, realRows: ROWS, asked })).toMatchObject({
      maxBatchSize: 1,
      isIndependent: false,
      reason: 'output y differs between a batch and single runs',
    })
  }
})

test('the check of a batch finds answers that depend on its largest value', async () => {
  const byLargest: Answer = ({ dataType, shape, data }) => {
    const values = data as Float32Array
    const largest = values.reduce((most, value) => Math.max(most, value), 0)
    // As many exporters clip: rows of one scale show no difference.
    return { dataType, shape, data: values.map((value) => (largest > 20 ? value / largest : value)) }
  }
  expect(await choose({ answer: byLargest })).toMatchObject({
    maxBatchSize: 1,
    reason: 'output y differs between a batch and single runs',
  })
})

test('the check of a batch finds rows that depend on each other, also for integers with an example', async () => {
  const x = spec('x', 'int64', [-1, 1])
  const signature = { inputs: [x], outputs: [spec('y', 'int64', [-1, 1])] }
  const view = createView({ signature, features: [{ name: 'x', example: 5 }] })
  expect(
    await chooseBatching(session(signature, centre), { view, proof: PROVEN, realRows: [], asked: undefined }),
  ).toMatchObject({
    maxBatchSize: 1,
    reason: 'output y differs between a batch and single runs',
  })
})

const ROWS = [1, 7].map((value): Tensors => {
  return new Map([
    ['x', { dataType: 'int64', shape: [1, 2], data: BigInt64Array.of(BigInt(value), BigInt(value + 2)) }],
  ])
})

test('the check of a batch finds with real rows a dependency that made-up rows do not show', async () => {
  const types = { x: named('x', undefined, 'int64'), y: named('y', undefined, 'int64') }
  // Made-up integers are small.
  const rare: Answer = (x) => ((x.data as BigInt64Array).includes(7n) ? centre(x) : x)
  expect(await choose({ ...types, answer: rare })).toMatchObject({ maxBatchSize: 32 })
  expect(await choose({ ...types, answer: rare, realRows: ROWS })).toMatchObject({
    maxBatchSize: 1,
    reason: 'output y differs between a batch and single runs',
  })
})

test('the check of a batch leaves out real rows of different lengths, which are never joined', async () => {
  const x = { ...spec('x', 'int64', [-1, -1]) }
  const realRows = [1, 3].map((length): Tensors => {
    return new Map([['x', { dataType: 'int64', shape: [1, length], data: new BigInt64Array(length) }]])
  })
  expect(await choose({ x, y: spec('y', 'int64', [-1, -1]), realRows })).toMatchObject({ maxBatchSize: 32 })
})

test('the size and delay of a batch are those of model.json', async () => {
  expect(await choose({ asked: { maxBatchSize: 4, maxDelayMs: 2 } })).toMatchObject({
    maxBatchSize: 4,
    maxDelayMs: 2,
    reason: 'model.json says so',
  })
})

test('the first made-up row has the examples of features, and the next row has other values', () => {
  const signature = {
    inputs: [spec('s', 'string', [-1, 1]), spec('n', 'int64', [-1, 1]), spec('b', 'bool', [-1, 1])],
    outputs: [],
  }
  const features = [
    { name: 's', example: 'a', values: ['a', 'z'] },
    { name: 'n', example: 5 },
    { name: 'b', example: true },
  ]
  const view = createView({ signature, features })
  const [one, other] = [0, 1].map((seed) => [...buildSampleInputs(view, 1, seed).values()].map(({ data }) => data[0]))
  expect(one).toEqual(['a', 5n, 1])
  expect(other).toEqual(['z', 4n, 0])
})
