import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { bytesField, fieldsOf } from '../../src/onnx/wire.ts'
import { fileSource, sourceOf } from '../support/bytes.ts'
import { writeModel } from '../support/graph-writer.ts'
import type { Constant, Node } from '../support/graph-writer.ts'
import { FIXTURES, MODELS } from '../support/paths.ts'

function modelOf(
  nodes: readonly Node[],
  constants: Readonly<Record<string, Constant>> = {},
  columns: number | string = 4,
) {
  return writeModel({ nodes, inputs: [{ name: 'x', shape: ['N', columns] }], outputs: [{ name: 'z' }], constants })
}

/** Why a file is not light; undefined where it is. */
function weightOf(bytes: Uint8Array): string | undefined {
  const { harmless, rows, light } = readModelFile(sourceOf(bytes))
  expect([harmless, rows]).toEqual([{ isProven: true }, { isProven: true }])
  return light.isProven ? undefined : light.reason
}

function node(op: string, inputs: readonly string[], output = 'z'): Node {
  return { op, inputs, outputs: [output] }
}

/** `x` doubled along its columns, so many times. */
function doublings(times: number): Node[] {
  const name = (index: number): string => (index === 0 ? 'x' : index === times ? 'z' : `d${index}`)
  return Array.from({ length: times }, (_, index) => ({
    ...node('Concat', [name(index), name(index)], name(index + 1)),
    attributes: { axis: 1 },
  }))
}

describe('an unknown file', () => {
  test('an unknown file may run in the process that listens if its runs are small', () => {
    expect(weightOf(modelOf([node('Add', ['x', 'x'])]))).toBeUndefined()
    expect(weightOf(modelOf(doublings(5)))).toBeUndefined()
  })

  const ones = (...shape: number[]): Constant => ({
    shape,
    values: Array.from({ length: shape.reduce((a, b) => a * b) }, () => 1),
  })
  const long = /: how long a run takes is not known, or too long$/

  test.each<[string, Uint8Array, RegExp]>([
    ['its values grow from node to node', modelOf(doublings(20)), /^Concat: how long/],
    [
      'it makes a huge constant',
      modelOf([node('ConstantOfShape', ['shape'], 'c'), node('Add', ['x', 'x'])], {
        shape: { shape: [3], values: [4000, 1000, 1000], type: 'int64' },
      }),
      /^ConstantOfShape: how long/,
    ],
    ['its rows may have any length', modelOf([node('Add', ['x', 'x'])], {}, 'M'), long],
    [
      'it computes a product hundreds of times',
      modelOf(
        Array.from({ length: 500 }, (_, index) =>
          node('MatMul', [index === 0 ? 'x' : `m${index}`, 'w'], index === 499 ? 'z' : `m${index + 1}`),
        ),
        { w: ones(64, 64) },
        64,
      ),
      /^MatMul: how long/,
    ],
    [
      'it has thousands of nodes',
      modelOf([...Array.from({ length: 2001 }, (_, index) => node('Neg', ['x'], `n${index}`)), node('Neg', ['x'])]),
      /more than 2000 nodes/,
    ],
    [
      'it claims more weights than it has',
      modelOf([node('Add', ['x', 'x'])], { w: { shape: [2 ** 15, 2 ** 15], values: [1] } }),
      /many weights/,
    ],
  ])('an unknown file may not run in the process that listens if %s', (_case, bytes, reason) => {
    expect(weightOf(bytes)).toMatch(reason)
  })

  test('an unknown file may not run in the process that listens if its weights are sparse or in other files', () => {
    const { light } = readModelFile(sourceOf(withGraphField(15, new Uint8Array())))
    expect(light).toEqual({ isProven: false, reason: 'it has sparse weights' })
    const external = Buffer.concat([
      bytesField(8, Buffer.from('w')),
      bytesField(13, Buffer.concat([bytesField(1, Buffer.from('location')), bytesField(2, Buffer.from('w.bin'))])),
      Buffer.from([14 * 8, 1]),
    ])
    const beside = readModelFile(sourceOf(withGraphField(5, external)))
    expect(beside.light).toEqual({ isProven: false, reason: 'its weights are in other files' })
  })

  test('the default model and all harmless exports except support vector classifiers may run in the process that listens', () => {
    const parity = join(FIXTURES, 'parity')
    const names = readdirSync(parity).filter((name) => !name.includes('.'))
    const files = names.map((name) => readModelFile(fileSource(join(parity, name, '1/model.onnx'))))
    const heavy = files.filter(({ harmless, rows, light }) => harmless.isProven && rows.isProven && !light.isProven)
    expect(new Set(heavy.map(({ light }) => !light.isProven && light.reason))).toEqual(
      new Set(['SVMClassifier: how long a run takes is not known, or too long']),
    )
    expect(readModelFile(fileSource(join(MODELS, 'iris/1/model.onnx'))).light).toEqual({ isProven: true })
  })
})

/** A model with one more field in its graph. */
function withGraphField(number: number, content: Uint8Array): Uint8Array {
  const model = modelOf([node('Add', ['x', 'x'])])
  const fields = Array.from(fieldsOf(sourceOf(model), { start: 0, end: model.length }, 'the file'), (field) => {
    if (field.number !== 7) return model.subarray(field.from, field.end)
    return bytesField(7, Buffer.concat([model.subarray(field.start, field.end), bytesField(number, content)]))
  })
  return Buffer.concat(fields)
}
