import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { sourceOf } from '../support/bytes.ts'
import { cpuTimeOf } from '../support/cpu-time.ts'
import { encode } from '../support/onnx-writer.ts'
import type { Field } from '../support/onnx-writer.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** So many fields of a number, each without content. */
function empty(number: number, count: number): Buffer {
  const one = encode([[number, '']])
  return Buffer.alloc(one.length * count, one)
}

const node = (...fields: Field[]): Field => [1, fields]
const output = (name: string, type: Field[]): Field => [
  12,
  [
    [1, name],
    [2, type],
  ],
]
const TENSOR: Field[] = [[1, [[1, 1]]]]
const SEQUENCE: Field[] = [[4, '']]

function classifier(operator: string, labels: Buffer): Field {
  return node([1, 'x'], [2, 'y'], [4, operator], [7, 'ai.onnx.ml'], [5, labels])
}

function named(name: string, content: Buffer): Buffer {
  return Buffer.concat([encode([[1, name]]), content])
}

const strings = (count: number): Buffer => named('classlabels_strings', empty(9, count))
const integers = (count: number): Buffer => named('classlabels_int64s', encode([[8, Buffer.alloc(count, 1)]]))
const times = (count: number, field: Field): Field[] => Array.from({ length: count }, () => field)
const graph = (fields: Buffer | readonly Field[]): Buffer => encode([[7, fields]])
const shape = (fields: Buffer): Buffer => graph([output('y', [[1, [[2, fields]]]])])

const MILLION = 1_000_000
const MEGABYTE = 2 ** 20

describe('a file of very many parts', () => {
  test.each<[string, () => Buffer, string | undefined]>([
    ['inputs', () => graph(empty(11, MILLION)), 'the graph has more than 10000 inputs'],
    ['outputs', () => graph(empty(12, MILLION)), 'the graph has more than 10000 outputs'],
    ['nodes', () => graph(empty(1, MILLION)), 'a node has no operator'],
    ['short nodes', () => graph(times(60_000, node([4, 'A']))), 'the graph has more than 50000 nodes'],
    ['inputs of a node', () => graph([[1, empty(1, MILLION)]]), 'a node has more than 10000 inputs'],
    ['outputs of a node', () => graph([[1, empty(2, MILLION)]]), 'a node has more than 10000 outputs'],
    [
      'inputs of nodes',
      () => graph(times(30, [1, Buffer.concat([encode([[4, 'A']]), empty(1, 9000)])])),
      'the graph has more than 250000 inputs and outputs of nodes',
    ],
    ['attributes', () => graph([[1, named('x', Buffer.concat([encode([[4, 'A']]), empty(5, MILLION)]))]]), undefined],
    [
      'initializers',
      () => graph(Array.from({ length: 60_000 }, (_, index): Field => [5, [[8, `${index}`]]])),
      'the graph has more than 50000 initializers',
    ],
    ['initializers without a name', () => graph(empty(5, MILLION)), undefined],
    ['dimensions', () => shape(empty(1, MILLION)), 'a shape has more than 64 dimensions'],
    ['fields that are skipped', () => graph(empty(15, 3 * MILLION)), 'the graph has more than 2097152 fields'],
    [
      'opsets',
      () => encode([[7, ''], ...Array.from({ length: 2000 }, (_, index): Field => [8, [[1, `d${index}`]]])]),
      'the file has more than 1000 opsets',
    ],
    ['entries of metadata', () => Buffer.concat([graph([]), empty(14, MILLION)]), undefined],
    ['labels', () => graph([classifier('LinearClassifier', strings(200_000)), output('y', TENSOR)]), undefined],
    ['packed labels', () => graph([classifier('LinearClassifier', integers(MILLION)), output('y', TENSOR)]), undefined],
    [
      'labels for thousands of outputs',
      () => graph([classifier('LinearClassifier', strings(200_000)), ...times(9000, output('y', TENSOR))]),
      undefined,
    ],
    [
      'labels of a ZipMap for thousands of outputs',
      () => graph([classifier('ZipMap', strings(90_000)), ...times(9000, output('y', SEQUENCE))]),
      undefined,
    ],
    [
      'packed labels of a ZipMap',
      () => graph([classifier('ZipMap', integers(MILLION)), output('y', SEQUENCE)]),
      undefined,
    ],
  ])('a file with very many %s is read or refused quickly, in little memory', (_case, make, message) => {
    const bytes = make()
    const source = sourceOf(bytes)
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    let kept: unknown
    const ms = cpuTimeOf(() => {
      try {
        kept = readModelFile(source)
      } catch (error) {
        kept = (error as Error).message
      }
    })
    collectGarbage()
    const grown = process.memoryUsage().heapUsed - before
    if (message !== undefined || typeof kept === 'string') expect(kept).toBe(message)
    expect(ms).toBeLessThan(3000)
    expect(grown).toBeLessThan(2 * bytes.length + 4 * MEGABYTE)
  })

  test('a graph with the largest number of nodes takes less than 40 megabytes', () => {
    const one = node([4, 'A'], ...['ab', 'bc', 'cd', 'de'].map((name): Field => [1, name]), [2, 'ef'])
    const source = sourceOf(graph(times(50_000, one)))
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    const info = readModelFile(source)
    collectGarbage()
    expect(info.graph.nodes).toHaveLength(50_000)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(40 * MEGABYTE)
  })

  test('a file with more than 100000 labels has no list of classes', () => {
    const read = (count: number) => {
      const bytes = graph([classifier('LinearClassifier', strings(count)), output('y', TENSOR)])
      return readModelFile(sourceOf(bytes)).labels?.classes.length
    }
    expect([read(100_000), read(100_001)]).toEqual([100_000, undefined])
  })
})
