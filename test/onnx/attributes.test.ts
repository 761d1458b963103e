import { describe, expect, test } from 'vitest'
import { integerOf, readAttributes } from '../../src/onnx/attributes.ts'
import { readGraph } from '../../src/onnx/graph.ts'
import { readSmallTensor } from '../../src/onnx/small-tensor.ts'
import type { ByteSource } from '../../src/onnx/wire.ts'
import { sourceOf } from '../support/bytes.ts'
import { encode } from '../support/onnx-writer.ts'
import type { Field } from '../support/onnx-writer.ts'

function float32(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer)
}

function int64(...values: bigint[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values).buffer)
}

function attributesOfNode(...attributes: Field[][]): ReturnType<typeof readAttributes> {
  const node: Field[] = [[4, 'Op'], ...attributes.map((each): Field => [5, each])]
  const source: ByteSource = sourceOf(encode([[1, node]]))
  const graph = readGraph(source, { start: 0, end: source.length })
  return readAttributes(source, graph.nodes[0]!)
}

describe('the attributes of a node', () => {
  test('the attributes of a node are integers, floats and texts, one or many', () => {
    const attributes = attributesOfNode(
      [
        [1, 'axis'],
        [3, 5],
        [20, 2],
      ],
      [
        [1, 'axes'],
        [8, 1],
        [8, 2],
      ],
      [
        [1, 'scales'],
        [7, float32(0.5, 2)],
      ],
      [
        [1, 'mode'],
        [4, 'nearest'],
      ],
    )
    expect(integerOf(attributes, 'axis', 9)).toBe(5)
    expect(integerOf(attributes, 'keepdims', 9)).toBe(9)
    expect(attributes.get('axes')!.integers).toEqual([1, 2])
    expect(attributes.get('scales')!.floats).toEqual([0.5, 2])
    expect(attributes.get('mode')!.texts).toEqual(['nearest'])
  })

  test('an attribute of type INT without a number is 0, as writers of proto3 leave zeros out', () => {
    const attributes = attributesOfNode([
      [1, 'keepdims'],
      [20, 2],
    ])
    expect(integerOf(attributes, 'keepdims', 1)).toBe(0)
  })

  test('an attribute of more than a thousand elements is cut and marked as cut', () => {
    const long = attributesOfNode([[1, 'ints'], ...Array.from({ length: 1500 }, (_, index): Field => [8, index])])
    expect(long.get('ints')).toMatchObject({ isCut: true })
    expect(long.get('ints')!.integers).toHaveLength(1000)
  })
})

describe('a small tensor', () => {
  function read(...fields: Field[]): ReturnType<typeof readSmallTensor> {
    const source = sourceOf(encode(fields))
    return readSmallTensor(source, { start: 0, end: source.length })
  }

  test('a small tensor is read from raw bytes and from lists', () => {
    const shape = { elementType: 'int64', shape: [2] }
    expect(read([1, 2], [2, 7], [9, int64(-1n, 4n)])).toEqual({ ...shape, values: [-1, 4] })
    expect(read([1, 2], [2, 7], [7, 3], [7, 4])).toEqual({ ...shape, values: [3, 4] })
    expect(read([2, 1], [4, float32(0.25)])).toEqual({ elementType: 'float32', shape: [], values: [0.25] })
  })

  test('a small tensor has no values if they are too many, missing or no numbers', () => {
    expect(read([1, 65], [2, 7], [9, int64(...Array.from({ length: 65 }, () => 1n))]).values).toBeUndefined()
    expect(read([1, 2], [2, 7], [7, 3]).values).toBeUndefined()
    expect(read([1, 1], [2, 8], [6, 'text'])).toEqual({ elementType: 'string', shape: [1], values: undefined })
    expect(read([1, 1], [2, 7], [14, 1]).values).toBeUndefined()
  })
})
