import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Signature } from '../../src/core/signature.ts'
import type { Tensors } from '../../src/core/tensor.ts'
import { findBadRow } from '../../src/runtime/bad-row.ts'

const BATCHED: Signature = {
  inputs: [{ name: 'x', dataType: 'float32', shape: [-1, 2] }],
  outputs: [{ name: 'y', dataType: 'float32', shape: [-1] }],
}

/** Inputs whose rows have their number in each column, and a function that fails where one of the bad ones is among them. */
function batch(rows: number, bad: ReadonlySet<number>) {
  const data = Float32Array.from({ length: 2 * rows }, (_, index) => index >> 1)
  const inputs: Tensors = new Map([['x', { dataType: 'float32', shape: [rows, 2], data }]])
  const runs: number[] = []
  const compute = async (part: Tensors): Promise<void> => {
    const { shape, data: values } = part.get('x')!
    expect(values).toHaveLength(2 * shape[0]!)
    runs.push(shape[0]!)
    const found = Array.from(values as Float32Array).find((value) => bad.has(value))
    if (found !== undefined) throw new Error(`no ${found}`)
  }
  return { inputs, compute, runs }
}

test('the first bad row is found in few runs, which together have at most one row more than the inputs', async () => {
  const cases = fc.integer({ min: 2, max: 300 }).chain((rows) =>
    fc.record({
      rows: fc.constant(rows),
      bad: fc.uniqueArray(fc.nat(rows - 1), { minLength: 1, maxLength: 3 }),
    }),
  )
  await fc.assert(
    fc.asyncProperty(cases, async ({ rows, bad }) => {
      const { inputs, compute, runs } = batch(rows, new Set(bad))
      const first = Math.min(...bad)
      expect(await findBadRow(inputs, BATCHED, compute)).toEqual({ row: first, reason: `no ${first}` })
      expect(runs.length).toBeLessThanOrEqual(Math.ceil(Math.log2(rows)) + 1)
      expect(runs.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(rows + 1)
    }),
  )
})

test('no row is blamed for inputs that fail only as a whole', async () => {
  const { inputs } = batch(5, new Set())
  const compute = async (part: Tensors): Promise<void> => {
    if (part.get('x')!.shape[0] === 5) throw new Error('too many rows')
  }
  expect(await findBadRow(inputs, BATCHED, compute)).toBeUndefined()
})

test('no bad row is searched for if there is one row, or if axis 0 is no batch', async () => {
  const single = batch(1, new Set([0]))
  expect(await findBadRow(single.inputs, BATCHED, single.compute)).toBeUndefined()
  const several = batch(4, new Set([0]))
  const fixed = { ...BATCHED, inputs: [{ name: 'x', dataType: 'float32' as const, shape: [4, 2] }] }
  expect(await findBadRow(several.inputs, fixed, several.compute)).toBeUndefined()
  expect(several.runs).toEqual([])
})
