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

describe('harmless graphs', () => {
  test.each<[string, readonly Node[]]>([
    ['operators that take one pass', [node('Add', ['x', 'x'], 'a'), node('Sigmoid', ['a'])]],
    ['a division of floats', [node('Div', ['x', 'x'])]],
    [
      'a division by integers that became floats',
      [node('Shape', ['x'], 's'), node('Cast', ['s'], 'f', { to: 1 }), node('Div', ['x', 'f'])],
    ],
    [
      'a scaler and a linear model of ai.onnx.ml',
      [node('Scaler', ['x'], 's', {}, 'ai.onnx.ml'), node('LinearRegressor', ['s'], 'z', {}, 'ai.onnx.ml')],
    ],
    [
      'a size that comes from other sizes',
      [node('Shape', ['x'], 's'), node('Concat', ['s', 'fixed'], 't', { axis: 0 }), node('ConstantOfShape', ['t'])],
    ],
    ['a value that is repeated as often as the file says', [node('Expand', ['x', 'fixed'])]],
  ])('a graph with %s is harmless', (_case, nodes) => {
    expect(harmOf(nodes)).toBeUndefined()
  })

  test.each<[string, readonly Node[], RegExp]>([
    [
      'it divides integers, as the smallest integer divided by -1 ends the process',
      [node('Shape', ['x'], 's'), node('Div', ['s', 'fixed'])],
      /^Div: it divides int64$/,
    ],
    [
      'it takes a remainder of integers',
      [node('ArgMax', ['x'], 'a'), node('Mod', ['a', 'a'])],
      /^Mod: it divides int64$/,
    ],
    [
      'it divides values of an unknown type',
      [node('Div', ['x', 'nothing'])],
      /^Div: the type of its operands is not known$/,
    ],
    ['it has a loop', [node('Loop', ['', '', 'x'])], /^Loop: it is not known to be harmless$/],
    [
      'one of its operators does not survive zero rows',
      [node('TopK', ['x', 'fixed'])],
      /^TopK: it is not known to be harmless$/,
    ],
    ['it turns numbers into text', [node('Cast', ['x'], 'z', { to: 8 })], /^Cast: it reads or writes text$/],
    [
      'one of its operators comes from another library',
      [node('Identity', ['x'], 'z', {}, 'com.example')],
      /^com.example.Identity: it is not known to be harmless$/,
    ],
  ])('a graph is not harmless if %s', (_case, nodes, reason) => {
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
  ])('a graph is not harmless if the value x sets the output size of %s with the inputs %j', (operator, inputs) => {
    const computed = inputs.map((name) => (name === 'x' ? 'y' : name))
    const constant = inputs.map((name) => (name === 'x' ? 'fixed' : name))
    const reason = `${operator}: a value says how large its output is`
    expect(harmOf([node(operator, inputs)])).toBe(reason)
    expect(harmOf([node('Cast', ['x'], 'y', { to: 7 }), node(operator, computed)])).toBe(reason)
    expect(harmOf([node(operator, constant)])).toBeUndefined()
  })
})

test('most exports of scikit-learn are harmless, and the reason for each other one names its operator', () => {
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
