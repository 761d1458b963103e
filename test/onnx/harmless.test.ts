import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { fileSource, sourceOf } from '../support/bytes.ts'
import { writeModel } from '../support/graph-writer.ts'
import type { Constant, Node } from '../support/graph-writer.ts'
import { FIXTURES, MODELS } from '../support/paths.ts'

const FIXED: Constant = { shape: [1], values: [2], type: 'int64' }

/** Why a graph with an input `x` and a constant `fixed` is not harmless; undefined where it is. */
function harmOf(nodes: readonly Node[], type: 'float32' | 'int64' | 'string' = 'float32'): string | undefined {
  const graph = {
    nodes,
    inputs: [{ name: 'x', shape: ['N', 4], type }],
    outputs: [{ name: 'z' }],
    constants: { fixed: FIXED },
  }
  const { harmless } = readModelFile(sourceOf(writeModel(graph)))
  return harmless.isProven ? undefined : harmless.reason
}

function node(
  op: string,
  inputs: readonly string[],
  output = 'z',
  attributes: Node['attributes'] = {},
  domain = '',
): Node {
  return { op, inputs, outputs: [output], attributes, domain }
}

describe('a graph is harmless', () => {
  test.each<[string, readonly Node[]]>([
    ['with operators that take one pass', [node('Add', ['x', 'x'], 'a'), node('Sigmoid', ['a'])]],
    ['with floats that are divided', [node('Div', ['x', 'x'])]],
    [
      'with integers that become floats before they are divided',
      [node('Shape', ['x'], 's'), node('Cast', ['s'], 'f', { to: 1 }), node('Div', ['x', 'f'])],
    ],
    [
      'with a classifier of ai.onnx.ml',
      [node('Scaler', ['x'], 's', {}, 'ai.onnx.ml'), node('LinearRegressor', ['s'], 'z', {}, 'ai.onnx.ml')],
    ],
    [
      'with a size that comes from sizes',
      [node('Shape', ['x'], 's'), node('Concat', ['s', 'fixed'], 't', { axis: 0 }), node('ConstantOfShape', ['t'])],
    ],
    ['with a value that is repeated as often as the file says', [node('Expand', ['x', 'fixed'])]],
  ])('%s', (_case, nodes) => {
    expect(harmOf(nodes)).toBeUndefined()
  })

  test.each<[string, readonly Node[], RegExp]>([
    [
      'integers are divided, which the smallest by -1 does not survive',
      [node('Shape', ['x'], 's'), node('Div', ['s', 'fixed'])],
      /^Div: it divides int64$/,
    ],
    [
      'a remainder is taken of integers',
      [node('ArgMax', ['x'], 'a'), node('Mod', ['a', 'a'])],
      /^Mod: it divides int64$/,
    ],
    [
      'the type of what is divided is unknown',
      [node('Div', ['x', 'nothing'])],
      /^Div: the type of its operands is not known$/,
    ],
    ['there is a loop', [node('Loop', ['', '', 'x'])], /^Loop: it is not known to be harmless$/],
    ['an operator does not stand zero rows', [node('TopK', ['x', 'fixed'])], /^TopK: it is not known to be harmless$/],
    ['text is read', [node('Cast', ['x'], 'z', { to: 8 })], /^Cast: it reads or writes text$/],
    [
      'an operator is another library’s',
      [node('Identity', ['x'], 'z', {}, 'com.example')],
      /^com.example.Identity: it is not known to be harmless$/,
    ],
  ])('not where %s', (_case, nodes, reason) => {
    expect(harmOf(nodes)).toMatch(reason)
  })

  test.each<[string, readonly string[]]>([
    ['Range', ['fixed', 'x', 'fixed']],
    ['ConstantOfShape', ['x']],
    ['Expand', ['fixed', 'x']],
    ['Tile', ['fixed', 'x']],
    ['Pad', ['fixed', 'x']],
    ['OneHot', ['fixed', 'x', 'fixed']],
    ['Slice', ['fixed', 'fixed', 'x']],
  ])('not where values are the size that %s takes from %j', (operator, inputs) => {
    const computed = inputs.map((name) => (name === 'x' ? 'y' : name))
    const constant = inputs.map((name) => (name === 'x' ? 'fixed' : name))
    const reason = `${operator}: a value says how large its output is`
    expect(harmOf([node(operator, inputs)])).toBe(reason)
    expect(harmOf([node('Cast', ['x'], 'y', { to: 7 }), node(operator, computed)])).toBe(reason)
    expect(harmOf([node(operator, constant)])).toBeUndefined()
  })
})

test('most exports of scikit-learn are harmless, and each other one names its operator', () => {
  const parity = join(FIXTURES, 'parity')
  const names = readdirSync(parity).filter((name) => !name.includes('.'))
  const reasons = names.flatMap((name) => {
    const { harmless } = readModelFile(fileSource(join(parity, name, '1/model.onnx')))
    return harmless.isProven ? [] : [harmless.reason]
  })
  expect(reasons.length).toBeLessThan(names.length / 4)
  expect(new Set(reasons)).toEqual(
    new Set([
      ...['Scan', 'SequenceConstruct', 'StringNormalizer', 'TopK'].map(
        (name) => `${name}: it is not known to be harmless`,
      ),
      'Div: it divides int64',
    ]),
  )
  expect(readModelFile(fileSource(join(MODELS, 'iris/1/model.onnx'))).harmless).toEqual({ isProven: true })
})
