import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../../src/core/tensor.ts'
import { describeModel } from '../../../src/http/describe-model.ts'
import { writeModel } from '../../support/graph-writer.ts'
import type { Graph, Node } from '../../support/graph-writer.ts'
import { createRandom } from '../../support/random-graph/random.ts'
import { loadRegistry } from '../../support/registry.ts'

const WIDTH = 784

function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Node['attributes'] = {},
): Node {
  return { op, inputs, outputs, attributes }
}

function build(nodes: readonly Node[], constants: Graph['constants'] = {}): Buffer {
  const weights = Array.from({ length: WIDTH * 10 }, (_, index) => ((index * 7919) % 1000) / 500 - 1)
  return writeModel({
    nodes: [...nodes, node('MatMul', ['d', 'w'], ['z']), node('Softmax', ['z'], ['y'], { axis: 1 })],
    inputs: [{ name: 'X', shape: ['N', WIDTH] }],
    outputs: [{ name: 'y', shape: ['N', 10] }],
    constants: { ...constants, w: { shape: [WIDTH, 10], values: weights } },
  })
}

const BY_LARGEST = build([node('ReduceMax', ['X'], ['m'], { keepdims: 0 }), node('Div', ['X', 'm'], ['d'])])
const BY_SPREAD = build([
  node('ReduceMean', ['X'], ['m'], { keepdims: 0 }),
  node('Sub', ['X', 'm'], ['c']),
  node('Mul', ['c', 'c'], ['q']),
  node('ReduceMean', ['q'], ['v'], { keepdims: 0 }),
  node('Sqrt', ['v'], ['s']),
  node('Div', ['c', 's'], ['d']),
])
const BY_BRANCH = build(
  [
    node('ReduceMax', ['X'], ['m'], { keepdims: 0 }),
    node('Greater', ['m', 'two'], ['c']),
    node('If', ['c'], ['d'], {
      then_branch: { graph: { inputs: [], outputs: [{ name: 'a' }], nodes: [node('Neg', ['X'], ['a'])] } },
      else_branch: { graph: { inputs: [], outputs: [{ name: 'b' }], nodes: [node('Identity', ['X'], ['b'])] } },
    }),
  ],
  { two: { shape: [], values: [2] } },
)

/** A row, each with values of another size. */
function rowOf(seed: number): Tensor {
  const random = createRandom(seed)
  const scale = 1 + (seed % 7)
  return {
    dataType: 'float32',
    shape: [1, WIDTH],
    data: Float32Array.from({ length: WIDTH }, () => (random(1000) / 1000) * scale),
  }
}

describe('models whose rows depend on each other', () => {
  test.each([
    ['that divides by the largest value of its input', BY_LARGEST, /ReduceMax: it works across rows/],
    ['that uses the mean and spread of its input', BY_SPREAD, /ReduceMean: it works across rows/],
    ['that branches on the largest value of its input', BY_BRANCH, /ReduceMax: it works across rows/],
  ])('32 requests at once are answered as each alone by a model %s', async (_case, bytes, reason) => {
    const registry = await loadRegistry({ 'm.onnx': bytes }, { maxQueued: 100 })
    const model = registry.get('m')
    expect(describeModel(registry.find('m')).batching).toMatchObject({
      maxBatchSize: 1,
      isIndependent: false,
      reason: expect.stringMatching(reason),
    })
    const answer = async (seed: number): Promise<readonly number[]> => {
      const { outputs } = await model.infer({ inputs: new Map([['X', rowOf(seed)]]) })
      return [...(outputs.get('y')!.data as Float32Array)]
    }
    const seeds = Array.from({ length: 32 }, (_, seed) => seed)
    const together = await Promise.all(seeds.map(answer))
    for (const seed of seeds) {
      const alone = await answer(seed)
      alone.forEach((value, index) => expect(together[seed]![index]).toBeCloseTo(value, 5))
    }
  })
})
