import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { fileSource, sourceOf } from '../support/bytes.ts'
import { encode } from '../support/onnx-writer.ts'
import type { Field } from '../support/onnx-writer.ts'
import { FIXTURES, MODELS } from '../support/paths.ts'

type Node = readonly [operator: string, inputs: readonly string[], output: string]

function isOpen(...nodes: readonly Node[]): boolean {
  const graph = nodes.map(([operator, inputs, output]): Field => [
    1,
    [...inputs.map((name): Field => [1, name]), [2, output], [4, operator]],
  ])
  const input = (name: string): Field => [11, [[1, name]]]
  return readModelFile(sourceOf(encode([[7, [...graph, [5, [[8, 'fixed']]], input('x'), input('fixed')]]]))).hasOpenEnd
}

describe('the time of a run depends on its values', () => {
  test.each<[string, readonly string[]]>([
    ['Range', ['fixed', 'x', 'fixed']],
    ['ConstantOfShape', ['x']],
    ['Expand', ['fixed', 'x']],
    ['Tile', ['fixed', 'x']],
    ['Resize', ['fixed', '', 'x']],
    ['Resize', ['fixed', '', '', 'x']],
    ['Upsample', ['fixed', 'x']],
    ['Pad', ['fixed', 'x']],
    ['OneHot', ['fixed', 'x', 'fixed']],
    ['NonMaxSuppression', ['fixed', 'fixed', 'x']],
  ])('where they are the size that %s takes from %j', (operator, inputs) => {
    const computed = inputs.map((name) => (name === 'x' ? 'y' : name))
    const constant = inputs.map((name) => (name === 'x' ? 'fixed' : name))
    expect(isOpen([operator, inputs, 'z'])).toBe(true)
    expect(isOpen(['Cast', ['x'], 'y'], [operator, computed, 'z'])).toBe(true)
    expect(isOpen([operator, constant, 'z'])).toBe(false)
    expect(isOpen(['Constant', [], 'y'], [operator, computed, 'z'])).toBe(false)
  })

  test('not where the size is that of what is given, or where values are what is made larger', () => {
    const shape: Node[] = [
      ['Shape', ['x'], 's'],
      ['Concat', ['s', 'fixed'], 't'],
    ]
    expect(isOpen(...shape, ['ConstantOfShape', ['t'], 'z'])).toBe(false)
    expect(isOpen(['Expand', ['x', 'fixed'], 'z'])).toBe(false)
  })

  test('where there are loops', () => {
    expect(['Loop', 'Scan', 'BeamSearch', 'Add'].map((operator) => isOpen([operator, ['x'], 'z']))).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  test('of the exports of scikit-learn where they loop over stored rows alone', () => {
    const parity = join(FIXTURES, 'parity')
    const names = readdirSync(parity).filter((name) => !name.includes('.'))
    const open = names.filter((name) => readModelFile(fileSource(join(parity, name, '1/model.onnx'))).hasOpenEnd)
    expect(open).toEqual([
      'gaussian-process-regressor',
      'k-neighbors-classifier',
      'k-neighbors-regressor',
      'kernel-pca',
      'local-outlier-factor',
      'manhattan-neighbors',
      'neighborhood-components',
      'neighbors-two-targets',
      'scaled-neighbors',
      'voting-regressor',
    ])
    expect(readModelFile(fileSource(join(MODELS, 'iris/1/model.onnx'))).hasOpenEnd).toBe(false)
  })
})
