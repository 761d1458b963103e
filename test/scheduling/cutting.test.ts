import { expect, test } from 'vitest'
import { ServingError } from '../../src/core/errors.ts'
import type { RunRequest, RunResult } from '../../src/core/inference.ts'
import type { Tensor, Tensors } from '../../src/core/tensor.ts'
import { cutRuns } from '../../src/scheduling/cutting.ts'
import type { Run } from '../../src/scheduling/scheduler.ts'

function floats(shape: readonly number[], data: Float32Array): Tensor {
  return { dataType: 'float32', shape, data }
}

/** Rows of two numbers, the first of which counts them. */
function rows(count: number): Tensors {
  return new Map([
    [
      'x',
      floats(
        [count, 2],
        Float32Array.from({ length: 2 * count }, (_, at) => at >> 1),
      ),
    ],
  ])
}

/** A run that answers the first number of each row, and remembers how many rows it got. */
function recording(answer: (x: Tensor) => RunResult = firstColumn) {
  const sizes: number[][] = []
  const run: Run = async (requests) => {
    sizes.push(requests.map(({ inputs }) => inputs.get('x')!.shape[0]!))
    return requests.map(({ inputs }) => answer(inputs.get('x')!))
  }
  return { sizes, run }
}

function firstColumn({ shape, data }: Tensor): Tensors {
  const [count] = shape
  const values = Float32Array.from({ length: count! }, (_, row) => data[2 * row] as number)
  return new Map([['y', floats([count!], values)]])
}

test('a request with more rows than a run may have is cut, and answered as one', async () => {
  const { sizes, run } = recording()
  const requests: RunRequest[] = [{ inputs: rows(2) }, { inputs: rows(10) }, { inputs: rows(4) }]
  const results = (await cutRuns(run, () => 4)(requests)) as Tensors[]
  expect(sizes).toEqual([[2], [4], [4], [2], [4]])
  const lengths = results.map((result) => result.get('y')!.shape)
  expect(lengths).toEqual([[2], [10], [4]])
  expect([...(results[1]!.get('y')!.data as Float32Array)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test.each([
  ['rows may depend on each other', undefined],
  ['all are small enough', 10],
])('requests run whole and together if %s', async (_case, limit) => {
  const { sizes, run } = recording()
  await cutRuns(run, () => limit)([{ inputs: rows(10) }, { inputs: rows(3) }])
  expect(sizes).toEqual([[10, 3]])
})

test('a request is refused if the answers of its parts are too large together, and the rest is not computed', async () => {
  const { sizes, run } = recording()
  // Numbers of four bytes, each of which may take 23 as text.
  const cut = cutRuns(run, () => 4, 23 * 3)
  const [result] = await cut([{ inputs: rows(100) }])
  expect(result).toMatchObject({
    code: 'ANSWER_TOO_LARGE',
    message: expect.stringMatching(
      /^the answer may take 828 bytes, more than the 69 .*; send at most 3 rows in one request$/,
    ),
  })
  expect(sizes.flat()).toEqual(Array.from({ length: 9 }, () => 4))
})

test('a request whose inputs differ in rows is not cut', async () => {
  const { sizes, run } = recording()
  const inputs = new Map([...rows(10), ['z', floats([1], new Float32Array(1))]])
  await cutRuns(run, () => 4)([{ inputs }])
  expect(sizes).toEqual([[10]])
})

test('a request runs whole if an output does not have a row for each row', async () => {
  const sum = ({ shape }: Tensor): Tensors => new Map([['y', floats([1], Float32Array.of(shape[0]!))]])
  const { sizes, run } = recording(sum)
  const [result] = (await cutRuns(run, () => 4)([{ inputs: rows(10) }])) as Tensors[]
  expect(sizes).toEqual([[4], [10]])
  expect(result!.get('y')!.data).toEqual(Float32Array.of(10))
})

test.each<[string, number, ServingError, string, string[]]>([
  [
    'the row that an error of a part names becomes the row of the request',
    4,
    new ServingError('INFERENCE_FAILED', 'rows[1]: no', [{ path: 'rows[1]', message: 'no' }]),
    'rows[5]: no',
    ['rows[5]'],
  ],
  [
    'an error of a part with one row names that row of the request',
    1,
    new ServingError('INFERENCE_FAILED', 'no'),
    'rows[5]: no',
    ['rows[5]'],
  ],
  ['an error of a part as a whole names no row', 4, new ServingError('INFERENCE_FAILED', 'no'), 'no', []],
  ['an error of the runtime names no row', 1, new ServingError('RUNTIME_FAILED', 'dead'), 'dead', []],
])('%s', async (_case, limit, error, message, paths) => {
  const { sizes, run } = recording((x) => ([...(x.data as Float32Array)].includes(5) ? error : firstColumn(x)))
  const [result] = (await cutRuns(run, () => limit)([{ inputs: rows(10) }])) as ServingError[]
  expect(result!.message).toBe(message)
  expect(result!.details.map(({ path }) => path)).toEqual(paths)
  // What comes after the fault is not computed.
  expect(sizes.flat().reduce((sum, count) => sum + count, 0)).toBeLessThan(10)
})
