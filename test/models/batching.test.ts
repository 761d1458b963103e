import { expect, test } from 'vitest'
import type { TensorSpec } from '../../src/core/signature.ts'
import type { Tensor, Tensors } from '../../src/core/tensor.ts'
import { chooseBatching } from '../../src/models/batching.ts'
import { makeInputs } from '../../src/models/made-up-inputs.ts'
import type { Session } from '../../src/runtime/runtime.ts'
import { createFakeSession } from '../support/fake-session.ts'
import { createView, spec } from '../support/views.ts'

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

interface Case {
  readonly x?: TensorSpec
  readonly y?: TensorSpec
  readonly answer?: Answer
  readonly asked?: Parameters<typeof chooseBatching>[3]
  readonly realRows?: readonly Tensors[]
}

function choose({ x = named('x', undefined), y = named('y', undefined), answer = echo, asked, realRows = [] }: Case) {
  const signature = { inputs: [x], outputs: [y] }
  return chooseBatching(session(signature, answer), createView({ signature }), realRows, asked)
}

test.each<[string, Case]>([
  ['nothing speaks against it', {}],
  ['both have one name for the batch', { x: named('x', 'batch'), y: named('y', 'batch') }],
  ['an exporter counts axes that have no name', { x: named('x', 'unk__7'), y: named('y', 'unk__8') }],
  ['only one has a name', { x: named('x', 'batch') }],
])('joins requests where %s', async (_case, options) => {
  expect(await choose(options)).toMatchObject({ maxBatchSize: 32, reason: expect.stringMatching(/^a row costs/) })
})

test.each<[string, Case, string]>([
  ['axis 0 is fixed', { x: spec('x', 'float32', [1, 2]) }, 'axis 0 of input x is fixed or unknown'],
  ['the rank is unknown', { x: spec('x', 'float32', []) }, 'axis 0 of input x is fixed or unknown'],
  ['an output has a fixed size', { y: spec('y', 'float32', [3]) }, 'axis 0 of output y does not follow the batch'],
  [
    'an output counts something else',
    { x: named('x', 'batch'), y: named('y', 'boxes') },
    'axis 0 of output y is boxes, that of the inputs batch',
  ],
  ['model.json forbids it', { asked: false }, 'model.json forbids it'],
])('joins nothing where %s', async (_case, options, reason) => {
  expect(await choose(options)).toMatchObject({ maxBatchSize: 1, reason })
})

test('finds rows that depend on each other among integers with an example', async () => {
  const x = spec('x', 'int64', [-1, 1])
  const signature = { inputs: [x], outputs: [spec('y', 'int64', [-1, 1])] }
  const view = createView({ signature, features: [{ name: 'x', example: 5 }] })
  expect(await chooseBatching(session(signature, centre), view, [], undefined)).toMatchObject({
    maxBatchSize: 1,
    reason: 'output y differs between a batch and single runs',
  })
})

const ROWS = [1, 7].map((value): Tensors => {
  return new Map([
    ['x', { dataType: 'int64', shape: [1, 2], data: BigInt64Array.of(BigInt(value), BigInt(value + 2)) }],
  ])
})

test('finds with real rows what made-up ones do not tell', async () => {
  const types = { x: named('x', undefined, 'int64'), y: named('y', undefined, 'int64') }
  // Made-up integers are small.
  const rare: Answer = (x) => ((x.data as BigInt64Array).includes(7n) ? centre(x) : x)
  expect(await choose({ ...types, answer: rare })).toMatchObject({ maxBatchSize: 32 })
  expect(await choose({ ...types, answer: rare, realRows: ROWS })).toMatchObject({
    maxBatchSize: 1,
    reason: 'output y differs between a batch and single runs',
  })
})

test('leaves out real rows of different lengths, which are never joined', async () => {
  const x = { ...spec('x', 'int64', [-1, -1]) }
  const realRows = [1, 3].map((length): Tensors => {
    return new Map([['x', { dataType: 'int64', shape: [1, length], data: new BigInt64Array(length) }]])
  })
  expect(await choose({ x, y: spec('y', 'int64', [-1, -1]), realRows })).toMatchObject({ maxBatchSize: 32 })
})

test('does as model.json says, and tells what speaks against it', async () => {
  expect(await choose({ asked: { maxBatchSize: 4, maxDelayMs: 2 } })).toMatchObject({
    maxBatchSize: 4,
    maxDelayMs: 2,
    reason: 'model.json says so',
  })
  const types = { x: named('x', undefined, 'int64'), y: named('y', undefined, 'int64') }
  expect(await choose({ ...types, answer: centre, realRows: ROWS, asked: { maxBatchSize: 4 } })).toMatchObject({
    maxBatchSize: 4,
    reason: 'model.json says so, although output y differs between a batch and single runs',
  })
})

test('makes up other values of a feature where it knows some', () => {
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
  const [one, other] = [0, 1].map((seed) => [...makeInputs(view, 1, seed).values()].map(({ data }) => data[0]))
  expect(one).toEqual(['a', 5n, 1])
  expect(other).toEqual(['z', 4n, 0])
})
