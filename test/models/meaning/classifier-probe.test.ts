import { describe, expect, test } from 'vitest'
import type { Tensors } from '../../../src/core/tensor.ts'
import { probeClassifier } from '../../../src/models/meaning/classifier-probe.ts'
import type { Session } from '../../../src/runtime/runtime.ts'
import { createFakeSession } from '../../support/fake-session.ts'
import { createView, spec } from '../../support/views.ts'

const SIGNATURE = {
  inputs: [spec('x', 'float32', [-1, 2])],
  outputs: [spec('label', 'int64', [-1]), spec('p', 'float32', [-1, 2])],
}

/** A session that answers each run with the next of these rows, the last one for ever. */
function sessionOf(rows: readonly (readonly number[])[]): Session {
  const left = [...rows]
  const run = async (): Promise<Tensors> => {
    const row = left.length > 1 ? left.shift()! : left[0]!
    return new Map([
      ['label', { dataType: 'int64', shape: [1], data: BigInt64Array.of(row[1]! > row[0]! ? 1n : 0n) }],
      ['p', { dataType: 'float32', shape: [1, row.length], data: Float32Array.from(row) }],
    ])
  }
  return createFakeSession(SIGNATURE, run)
}

async function first(rows: readonly (readonly number[])[], labels: string[] = []) {
  const task = { kind: 'classifier', label: 'label', probabilities: 'p', scores: 'probabilities' } as const
  const view = createView({ signature: SIGNATURE, task, labels, classes: [0, 1] })
  const answer = await probeClassifier(sessionOf(rows), view, 'model.json')
  return { scores: answer.task.kind === 'classifier' && answer.task.scores, warnings: answer.warnings }
}

describe('the numbers of a classifier', () => {
  test.each<[string, number[][], string]>([
    ['are probabilities if they sum up to one', [[0.25, 0.75]], 'probabilities'],
    [
      'are probabilities if they are slightly below zero, as in a forest whose trees all agree',
      [[1.0000001, -1.19e-7]],
      'probabilities',
    ],
    ['are scores if one of them is further below zero', [[1.002, -0.002]], 'scores'],
    ['are scores if they sum up to another number than one', [[-1, 1]], 'scores'],
    [
      'are scores if a single run answers no probabilities',
      [
        [0.5, 0.5],
        [0.5, 0.5],
        [0.5, 2],
      ],
      'scores',
    ],
    [
      'are probabilities if only some made-up rows give NaN',
      [
        [Number.NaN, Number.NaN],
        [0.5, 0.5],
      ],
      'probabilities',
    ],
    [
      'are scores if NaN comes first and scores follow',
      [
        [Number.NaN, Number.NaN],
        [-3, 3],
      ],
      'scores',
    ],
    ['are probabilities if they are always NaN', [[Number.NaN, Number.NaN]], 'probabilities'],
  ])('the numbers of a classifier %s', async (_case, rows, scores) => {
    expect((await first(rows)).scores).toBe(scores)
  })

  test('a classifier whose numbers are NaN causes no warning about its labels', async () => {
    expect(
      (
        await first(
          [
            [Number.NaN, 1],
            [0.2, 0.8],
          ],
          ['a', 'b'],
        )
      ).warnings,
    ).toEqual([])
  })
})
