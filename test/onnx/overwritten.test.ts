import { expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { sourceOf } from '../support/bytes.ts'
import { tableModel } from '../support/table-model.ts'
import type { TableNode } from '../support/table-model.ts'

/** A normalization of `x`; its inputs are scale, offset, mean and variance. */
function normalization(inputs: string, training_mode = 1): TableNode {
  return {
    operator: 'BatchNormalization',
    inputs: ['x', ...inputs.split(' ')],
    outputs: training_mode === 1 ? ['y', 'm', 'v'] : ['y'],
    attributes: { training_mode },
  }
}

const identity = (input: string, output: string): TableNode => ({
  operator: 'Identity',
  inputs: [input],
  outputs: [output],
})

function overwrittenOf(...nodes: TableNode[]): string | undefined {
  const [ones, zeros] = [Float32Array.of(1, 1), Float32Array.of(0, 0)]
  const constants = { a: ones, b: zeros, c: zeros, d: ones }
  return readModelFile(sourceOf(tableModel({ inputs: { x: 2 }, nodes, outputs: { y: 2 }, constants }))).overwritten
}

test('a parameter is found as overwritten if a normalization in training mode writes it and it has another reader', () => {
  expect(overwrittenOf(normalization('a b b a'))).toBe('b')
  expect(overwrittenOf(normalization('a b c a'))).toBe('a')
  // Exporters write equal parameters once, and the others as copies, which the runtime removes.
  expect(overwrittenOf(identity('a', 'copy'), normalization('a b c copy'))).toBe('a')
})

test('no parameter is found as overwritten if each has one reader or nothing is written', () => {
  expect(overwrittenOf(normalization('a b c d'))).toBeUndefined()
  expect(overwrittenOf(normalization('a b b a', 0))).toBeUndefined()
})
