import { expect, test } from 'vitest'
import type { TensorSpec } from '../../../src/core/signature.ts'
import { toTask } from '../../../src/models/meaning/task-by-types.ts'
import { spec } from '../../support/views.ts'

test.each<[string, TensorSpec[], string]>([
  ['a string label beside probabilities', [spec('l', 'string', [-1]), spec('p', 'float32', [-1, 3])], 'classifier'],
  ['an integer label, the other way round', [spec('p', 'float64', [-1, 3]), spec('l', 'int64', [-1])], 'classifier'],
  ['one column of numbers', [spec('variable', 'float32', [-1, 1])], 'regressor'],
  ['one number a row', [spec('y', 'float64', [-1])], 'regressor'],
  ['several columns of numbers', [spec('logits', 'float32', [-1, 10])], 'regressor'],
  ['numbers that are none a row', [spec('means', 'float32', [2])], 'outputs'],
  ['labels in one row', [spec('l', 'string', [1, -1]), spec('p', 'float32', [-1, 3])], 'classifier'],
  ['more dimensions', [spec('boxes', 'float32', [-1, 10, 4])], 'outputs'],
  ['a label beside one number', [spec('l', 'int64', [-1, 1]), spec('s', 'float32', [-1, 1])], 'outlier'],
  ['a label a target', [spec('l', 'int64', [-1, 2]), spec('p', 'float32', [-1, 3])], 'outputs'],
  ['a label alone', [spec('label', 'int64', [-1])], 'outputs'],
  ['three outputs', [spec('l', 'int64', [-1]), spec('p', 'float32', [-1, 3]), spec('z', 'float32', [-1])], 'outputs'],
])('%s', (_case, outputs, kind) => {
  expect(toTask(outputs).kind).toBe(kind)
})
