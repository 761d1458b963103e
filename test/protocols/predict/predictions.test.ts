import { describe, expect, test } from 'vitest'
import type { InferenceResult } from '../../../src/core/inference.ts'
import type { ModelView } from '../../../src/core/model-view.ts'
import type { Tensor } from '../../../src/core/tensor.ts'
import { predictCodec } from '../../../src/protocols/predict/predict.ts'
import { createView, spec } from '../../support/views.ts'
import { textOf } from '../../support/answers.ts'

const REQUEST = { inputs: new Map(), form: 'predictions' } as const
const TIMINGS = { queueMs: 0, computeMs: 0, batchSize: 1 }

function encode(outputs: Record<string, Tensor>, model: ModelView, top?: number): unknown {
  const result: InferenceResult = { outputs: new Map(Object.entries(outputs)), timings: TIMINGS }
  const { predictions, ...head } = JSON.parse(
    textOf(predictCodec.encode(result, { ...REQUEST, ...(top && { top }) }, model)),
  ) as { predictions: unknown }
  expect(head).toEqual({ model: 'm', version: '1' })
  return predictions
}

const probabilities: Tensor = { dataType: 'float32', shape: [2, 2], data: new Float32Array([0.98, 0.02, 0.25, 0.75]) }

function classifier(
  labelType: 'string' | 'int64',
  labels: readonly (string | number)[],
  classes: readonly (string | number)[] = labels,
): ModelView {
  const outputs = [spec('label', labelType, [-1]), spec('p', 'float32', [-1, 2])]
  const inputs = [spec('X', 'float32', [-1, 3])]
  return createView({
    signature: { inputs, outputs },
    labels,
    classes,
    task: { kind: 'classifier', label: 'label', probabilities: 'p', scores: 'probabilities' },
  })
}

describe('the answer of a classifier', () => {
  const names: Tensor = { dataType: 'string', shape: [2], data: ['no', 'yes'] }
  const numbers: Tensor = { dataType: 'int64', shape: [2], data: new BigInt64Array([10n, 20n]) }

  test('a classifier answers its label and probabilities by class name', () => {
    expect(encode({ label: names, p: probabilities }, classifier('string', ['no', 'yes']))).toEqual([
      { label: 'no', probabilities: { no: 0.98, yes: 0.02 } },
      { label: 'yes', probabilities: { no: 0.25, yes: 0.75 } },
    ])
  })

  test('a classifier answers class names for integer labels', () => {
    const answer = encode({ label: numbers, p: probabilities }, classifier('int64', ['no', 'yes'], [10, 20]))
    expect(answer).toMatchObject([{ label: 'no' }, { label: 'yes' }])
  })

  test('a classifier answers integers if its classes are integers', () => {
    expect(encode({ label: numbers, p: probabilities }, classifier('int64', [10, 20]))).toEqual([
      { label: 10, probabilities: { 10: 0.98, 20: 0.02 } },
      { label: 20, probabilities: { 10: 0.25, 20: 0.75 } },
    ])
  })

  test('a classifier answers probabilities in column order if no class names are known', () => {
    expect(encode({ label: numbers, p: probabilities }, classifier('int64', []))).toEqual([
      { label: 10, probabilities: [0.98, 0.02] },
      { label: 20, probabilities: [0.25, 0.75] },
    ])
  })

  test('a classifier answers only the likeliest classes if asked to, by name or by number', () => {
    expect(encode({ label: names, p: probabilities }, classifier('string', ['no', 'yes']), 1)).toEqual([
      { label: 'no', probabilities: { no: 0.98 } },
      { label: 'yes', probabilities: { yes: 0.75 } },
    ])
    const model = classifier('int64', [])
    expect(encode({ label: numbers, p: probabilities }, model, 9)).toEqual([
      { label: 10, probabilities: { 0: 0.98, 1: 0.02 } },
      { label: 20, probabilities: { 1: 0.75, 0: 0.25 } },
    ])
  })

  test('a classifier answers under the names that model.json gives to its outputs', () => {
    const model = {
      ...classifier('string', ['no', 'yes']),
      outputs: [
        { tensor: 'label', fileName: 'label', name: 'answer' },
        { tensor: 'p', fileName: 'p', name: 'confidence' },
      ],
    }
    expect(encode({ label: names, p: probabilities }, model)).toMatchObject([
      { answer: 'no', confidence: { no: 0.98, yes: 0.02 } },
      { answer: 'yes' },
    ])
  })

  test('a classifier answers a class that is named like a member of every object, such as __proto__', () => {
    const answer = predictCodec.encode(
      {
        outputs: new Map([
          ['label', names],
          ['p', probabilities],
        ]),
        timings: TIMINGS,
      },
      REQUEST,
      classifier('string', ['__proto__', 'yes']),
    )
    expect(textOf(answer)).toContain('"probabilities":{"__proto__":0.98,"yes":0.02}')
  })

  test('a classifier answers an integer beyond 2^53 exactly', () => {
    const label: Tensor = { dataType: 'int64', shape: [2], data: new BigInt64Array([2n ** 53n + 1n, 0n]) }
    const outputs = new Map([
      ['label', label],
      ['p', probabilities],
    ])
    const json = textOf(predictCodec.encode({ outputs, timings: TIMINGS }, REQUEST, classifier('int64', [])))
    expect(json).toContain('"label":9007199254740993,')
  })
})

test('a regressor answers numbers, and null for what JSON cannot carry', () => {
  const outputs = [spec('variable', 'float32', [-1, 1])]
  const signature = { inputs: [spec('X', 'float32', [-1, 3])], outputs }
  const model = createView({ signature, task: { kind: 'regressor', value: 'variable' } })
  const variable: Tensor = { dataType: 'float32', shape: [3, 1], data: new Float32Array([1.1, -0, Number.NaN]) }
  expect(encode({ variable }, model)).toEqual([1.1, -0, null])
})

describe('the answer of a regressor of several numbers', () => {
  const signature = { inputs: [spec('X', 'float32', [-1, 3])], outputs: [spec('y', 'float32', [-1, 2])] }
  const task = { kind: 'regressor', value: 'y' } as const
  const y: Tensor = { dataType: 'float32', shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) }

  test('a regressor of several numbers answers them in an array', () => {
    expect(encode({ y }, createView({ signature, task }))).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  test('a regressor of several numbers answers them by the names that model.json gives', () => {
    const outputs = [{ tensor: 'y', columns: ['height', 'weight'] }]
    expect(encode({ y }, createView({ signature, task, outputs }))).toEqual([
      { height: 1, weight: 2 },
      { height: 3, weight: 4 },
    ])
  })
})

test('an outlier detector answers a label and a score', () => {
  const outputs = [spec('label', 'int64', [-1, 1]), spec('scores', 'float32', [-1, 1])]
  const task = { kind: 'outlier', label: 'label', score: 'scores' } as const
  const model = createView({ signature: { inputs: [spec('X', 'float32', [-1, 3])], outputs }, task })
  const label: Tensor = { dataType: 'int64', shape: [2, 1], data: new BigInt64Array([1n, -1n]) }
  const scores: Tensor = { dataType: 'float32', shape: [2, 1], data: new Float32Array([0.25, -0.5]) }
  expect(encode({ label, scores }, model)).toEqual([
    { label: 1, score: 0.25 },
    { label: -1, score: -0.5 },
  ])
})

test('a predict request of tensors is answered with all output tensors, as they are', () => {
  const outputs = new Map([['p', probabilities]])
  const signature = { inputs: [], outputs: [spec('p', 'float32', [-1, 2])] }
  const answer = predictCodec.encode(
    { outputs, timings: TIMINGS },
    { ...REQUEST, form: 'outputs' },
    createView({ signature }),
  )
  expect(JSON.parse(textOf(answer))).toEqual({
    model: 'm',
    version: '1',
    outputs: {
      p: [
        [0.98, 0.02],
        [0.25, 0.75],
      ],
    },
  })
})

describe('the answer of a model without a task', () => {
  const scores: Tensor = { dataType: 'float64', shape: [2, 1, 2], data: new Float64Array([0.1, 0.2, 0.3, 0.4]) }
  const flags: Tensor = { dataType: 'bool', shape: [2], data: new Uint8Array([1, 0]) }
  const halves: Tensor = { dataType: 'float16', shape: [2], data: new Uint16Array([0x3e00, 0xfc00]) }
  const inputs = [spec('X', 'float32', [-1, 3])]

  test('a model without a task answers its outputs by name, in one object for each row', () => {
    const outputs = [
      spec('scores', 'float64', [-1, 1, 2]),
      spec('flags', 'bool', [-1]),
      spec('halves', 'float16', [-1]),
    ]
    expect(encode({ scores, flags, halves }, createView({ signature: { inputs, outputs } }))).toEqual([
      { scores: [[0.1, 0.2]], flags: true, halves: 1.5 },
      { scores: [[0.3, 0.4]], flags: false, halves: null },
    ])
  })

  test('a model without a task answers one object for the batch if an output does not follow the batch', () => {
    const outputs = [spec('scores', 'float64', [-1, 1, 2]), spec('total', 'int64', [1])]
    const total: Tensor = { dataType: 'int64', shape: [1], data: new BigInt64Array([2n]) }
    expect(encode({ scores, total }, createView({ signature: { inputs, outputs } }))).toEqual([
      { scores: [[[0.1, 0.2]], [[0.3, 0.4]]], total: [2] },
    ])
  })

  test('a model without a task answers a scalar as itself', () => {
    const total: Tensor = { dataType: 'int64', shape: [], data: new BigInt64Array([2n]) }
    const outputs = [spec('total', 'int64', [])]
    expect(encode({ total }, createView({ signature: { inputs, outputs } }))).toEqual([{ total: 2 }])
  })
})
