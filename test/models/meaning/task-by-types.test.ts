import { expect, test } from 'vitest'
import type { TensorSpec } from '../../../src/core/signature.ts'
import { toTask } from '../../../src/models/meaning/task-by-types.ts'
import { spec } from '../../support/views.ts'

test.each<[string, TensorSpec[], string]>([
  [
    'a string label and probabilities has the task classifier',
    [spec('l', 'string', [-1]), spec('p', 'float32', [-1, 3])],
    'classifier',
  ],
  [
    'probabilities and then an integer label has the task classifier',
    [spec('p', 'float64', [-1, 3]), spec('l', 'int64', [-1])],
    'classifier',
  ],
  ['one column of numbers has the task regressor', [spec('variable', 'float32', [-1, 1])], 'regressor'],
  ['one number for each row has the task regressor', [spec('y', 'float64', [-1])], 'regressor'],
  ['several columns of numbers has the task regressor', [spec('logits', 'float32', [-1, 10])], 'regressor'],
  ['numbers that do not belong to rows has the task outputs', [spec('means', 'float32', [2])], 'outputs'],
  [
    'labels in a single row and probabilities has the task classifier',
    [spec('l', 'string', [1, -1]), spec('p', 'float32', [-1, 3])],
    'classifier',
  ],
  ['numbers with more dimensions has the task outputs', [spec('boxes', 'float32', [-1, 10, 4])], 'outputs'],
  [
    'a label and one number for each row has the task outlier',
    [spec('l', 'int64', [-1, 1]), spec('s', 'float32', [-1, 1])],
    'outlier',
  ],
  [
    'several labels for each row and probabilities has the task outputs',
    [spec('l', 'int64', [-1, 2]), spec('p', 'float32', [-1, 3])],
    'outputs',
  ],
  ['only a label has the task outputs', [spec('label', 'int64', [-1])], 'outputs'],
  [
    'a label, probabilities and more numbers has the task outputs',
    [spec('l', 'int64', [-1]), spec('p', 'float32', [-1, 3]), spec('z', 'float32', [-1])],
    'outputs',
  ],
])('a model whose outputs are %s', (_case, outputs, kind) => {
  expect(toTask(outputs).kind).toBe(kind)
})
