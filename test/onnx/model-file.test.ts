import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../src/onnx/model-file.ts'
import { applyEdits } from '../../src/onnx/zipmap.ts'
import { fileSource, sourceOf } from '../support/bytes.ts'
import { cpuTimeOf } from '../support/cpu-time.ts'
import { encode, largeModel } from '../support/onnx-writer.ts'
import type { Field } from '../support/onnx-writer.ts'
import { FIXTURES, MODELS, fixtureModel } from '../support/paths.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const PARITY = join(FIXTURES, 'parity')
const ALL = [
  join(MODELS, 'iris/1/model.onnx'),
  ...readdirSync(join(FIXTURES, 'models')).map((name) => join(FIXTURES, 'models', name)),
  ...readdirSync(PARITY)
    .filter((name) => !name.includes('.'))
    .map((name) => join(PARITY, name, '1/model.onnx')),
]

describe('a model file', () => {
  test('the reader of model files finds the versions, inputs and classes of a model', () => {
    const info = readModelFile(fileSource(join(MODELS, 'iris/1/model.onnx')))
    expect(info).toMatchObject({
      irVersion: 10,
      producer: 'skl2onnx 1.20.0',
      rows: { isProven: true },
      harmless: { isProven: true },
      labels: { classes: ['setosa', 'versicolor', 'virginica'], isCertain: false },
      customOperators: [],
      overwritten: undefined,
      edits: [],
    })
    expect(Object.fromEntries(info.opsets)).toEqual({ '': 14, 'ai.onnx.ml': 1 })
    const [input] = info.graph.inputs
    expect(input).toMatchObject({ name: 'X', type: { kind: 'tensor', elementType: 'float64', shape: [undefined, 4] } })
  })

  test('the reader of model files finds the names of free dimensions, and an operator that is not harmless', () => {
    expect(readModelFile(fileSource(fixtureModel('image'))).graph.inputs[0]).toMatchObject({
      type: { shape: ['batch', 1, 2, 2] },
    })
    expect(readModelFile(fileSource(fixtureModel('slow'))).harmless).toEqual({
      isProven: false,
      reason: 'EyeLike: it is not known to be harmless',
    })
  })

  test('a model file is read without its weights', () => {
    const source = sourceOf(largeModel(2, 512))
    const { graph } = readModelFile(source)
    expect([...graph.initializers.keys()]).toEqual(['w0', 'w1'])
    expect(source.readBytes()).toBeLessThan(2000)
  })

  test('the reader of model files finds metadata, custom operators, initializers that shadow inputs, and external files', () => {
    const initializer: Field = [
      5,
      [
        [2, 1],
        [8, 'w'],
        [
          13,
          [
            [1, 'location'],
            [2, 'weights.bin'],
          ],
        ],
        [14, 1],
      ],
    ]
    const node: Field = [
      1,
      [
        [1, 'x'],
        [2, 'y'],
        [4, 'Foo'],
        [7, 'my.ops'],
      ],
    ]
    const known: Field = [
      1,
      [
        [1, 'x'],
        [2, 'z'],
        [4, 'Bar'],
        [7, 'mine'],
      ],
    ]
    const info = readModelFile(
      sourceOf(
        encode([
          [7, [node, known, initializer, [11, [[1, 'w']]], [11, [[1, 'x']]]]],
          [
            14,
            [
              [1, 'feature_names'],
              [2, '["a"]'],
            ],
          ],
          [
            25,
            [
              [1, 'Bar'],
              [10, 'mine'],
            ],
          ],
        ]),
      ),
    )
    expect(info.metadata.get('feature_names')).toBe('["a"]')
    expect(info.customOperators).toEqual(['my.ops.Foo'])
    expect(info.graph.inputs.map(({ name }) => info.graph.initializers.has(name))).toEqual([true, false])
    expect([...info.externalFiles]).toEqual(['weights.bin'])
  })

  test('the reader of model files finds the custom operators and external files of graphs within nodes', () => {
    const weights: Field = [
      5,
      [
        [8, 'w'],
        [
          13,
          [
            [1, 'location'],
            [2, 'inner.bin'],
          ],
        ],
        [14, 1],
      ],
    ]
    const foo: Field = [
      1,
      [
        [4, 'Foo'],
        [7, 'my.ops'],
      ],
    ]
    const branch: Field = [
      5,
      [
        [1, 'then_branch'],
        [6, [foo, weights]],
      ],
    ]
    const info = readModelFile(sourceOf(encode([[7, [[1, [[4, 'If'], branch]]]]])))
    expect(info.customOperators).toEqual(['my.ops.Foo'])
    expect([...info.externalFiles]).toEqual(['inner.bin'])
  })

  test.each<[string, string, bigint[] | string[] | undefined]>([
    ['logistic-ints', 'the classes of its ZipMap', [0n, 1n, 2n]],
    ['logistic-no-zipmap', 'the classes of its linear classifier', ['high', 'low', 'middle']],
    ['random-forest-classifier', 'the classes of its ZipMap behind trees', [10n, 20n, 30n]],
    ['pca', 'no classes', undefined],
  ])('the model %s has %s', (name, _what, classes) => {
    expect(readModelFile(fileSource(join(PARITY, name, '1/model.onnx'))).labels?.classes).toEqual(classes)
  })
})

describe('ZipMap', () => {
  const file = fixtureModel('zipmap')

  test('a ZipMap is removed, and its output becomes a tensor with the name of its input', () => {
    const bytes = readFileSync(file)
    const info = readModelFile(sourceOf(bytes))
    expect([...info.fileNames]).toEqual([['scores', 'output_probability']])
    const mended = readModelFile(sourceOf(applyEdits(bytes, info.edits)))
    expect(mended.graph.outputs).toMatchObject([
      { name: 'label' },
      { name: 'scores', type: { kind: 'tensor', elementType: 'float32', shape: [undefined, 2] } },
    ])
    expect(mended.graph.nodes.map(({ operator }) => operator)).toEqual(['LinearClassifier'])
    expect(mended.edits).toEqual([])
  })

  test.each<[string, (fields: Field[]) => Field[]]>([
    [
      'feeds another node',
      (fields) => [
        ...fields,
        [
          1,
          [
            [1, 'maps'],
            [2, 'again'],
            [4, 'Identity'],
          ],
        ],
      ],
    ],
    [
      'has an input that is already an output',
      (fields) => [
        ...fields,
        [
          12,
          [
            [1, 'scores'],
            [2, [[1, [[1, 1]]]]],
          ],
        ],
      ],
    ],
    [
      'belongs to a model with weights in another file',
      (fields) => [
        ...fields,
        [
          5,
          [
            [8, 'w'],
            [
              13,
              [
                [1, 'location'],
                [2, 'w.bin'],
              ],
            ],
            [14, 1],
          ],
        ],
      ],
    ],
    [
      'belongs to a model with a constant in another file',
      (fields) => {
        const external: Field[] = [
          [
            13,
            [
              [1, 'location'],
              [2, 'w.bin'],
            ],
          ],
          [14, 1],
        ]
        const value: Field = [
          5,
          [
            [1, 'value'],
            [5, external],
          ],
        ]
        return [...fields, [1, [[2, 'w'], [4, 'Constant'], value]]]
      },
    ],
  ])('a ZipMap that %s is kept, and its output is unsupported', (_case, change) => {
    const labels: Field = [
      5,
      [
        [1, 'classlabels_int64s'],
        [8, 0],
        [8, 1],
      ],
    ]
    const zipMap: Field = [1, [[1, 'scores'], [2, 'maps'], [4, 'ZipMap'], labels, [7, 'ai.onnx.ml']]]
    const maps: Field = [
      12,
      [
        [1, 'maps'],
        [
          2,
          [
            [
              4,
              [
                [
                  1,
                  [
                    [
                      5,
                      [
                        [1, 7],
                        [2, [[1, [[1, 1]]]]],
                      ],
                    ],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ]
    const first: Field = [
      12,
      [
        [1, 'other'],
        [2, [[1, [[1, 1]]]]],
      ],
    ]
    const info = readModelFile(sourceOf(encode([[7, change([zipMap, first, maps])]])))
    expect(info.edits).toEqual([])
    expect([...info.unsupported]).toEqual([['maps', 'sequence(map(int64, tensor(float32)))']])
  })
})

describe('a hostile file', () => {
  test.each<[string, Buffer, RegExp]>([
    ['without content', Buffer.alloc(0), /has no graph/],
    ['that is no protobuf', Buffer.from('<html></html>'), /wire type|ends within|field of number/],
    ['that is cut off', readFileSync(fixtureModel('zipmap')).subarray(0, 100), /ends within its field 7/],
    [
      'with a length beyond its end',
      Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      /ends within its field 7/,
    ],
    ['with an endless number', Buffer.alloc(40, 0xff), /ends within a number/],
    [
      'with two graphs',
      encode([
        [7, []],
        [7, []],
      ]),
      /two graphs/,
    ],
    ['with a name of megabytes', encode([[7, [[1, [[1, 'x'.repeat(2 ** 21)]]]]]]), /longer than 1048576 bytes/],
    ['with graphs nested too deep', nested(40), /nested more than 16 deep/],
  ])('a file %s is refused with an explanation', (_case, bytes, message) => {
    expect(() => readModelFile(sourceOf(bytes))).toThrow(message)
  })

  test('an output whose type is nested 500 deep is unsupported, and the reason says so', () => {
    let type: Field[] = [[1, [[1, 1]]]]
    for (let depth = 0; depth < 500; depth++) type = [[4, [[1, type]]]]
    const info = readModelFile(
      sourceOf(
        encode([
          [
            7,
            [
              [
                12,
                [
                  [1, 'y'],
                  [2, type],
                ],
              ],
            ],
          ],
        ]),
      ),
    )
    expect(info.unsupported.get('y')).toMatch(/a type nested too deep/)
  })

  test('mutated real models are read, or refused with an explanation, in less than a second', () => {
    const random = mulberry(42)
    for (let tried = 0; tried < 500; tried++) {
      const bytes = Buffer.from(readFileSync(ALL[tried % ALL.length]!))
      for (let flips = 1 + Math.floor(random() * 8); flips > 0; flips--) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
      }
      const source = sourceOf(bytes.subarray(0, random() < 0.2 ? Math.floor(random() * bytes.length) : bytes.length))
      const ms = cpuTimeOf(() => {
        try {
          const { edits } = readModelFile(source)
          applyEdits(bytes, edits)
        } catch (error) {
          expect((error as Error).constructor.name).toBe('WireError')
        }
      })
      expect(ms).toBeLessThan(1000)
    }
  })

  test('reading a mutated large model takes less memory than twice its size', () => {
    const random = mulberry(7)
    const model = largeModel(4, 512)
    let most = 0
    for (let round = 0; round < 50; round++) {
      const bytes = Buffer.from(model)
      for (let flips = 0; flips < 20; flips++) bytes[Math.floor(random() * 2000)] = Math.floor(random() * 256)
      collectGarbage()
      const before = process.memoryUsage()
      try {
        readModelFile(sourceOf(bytes))
      } catch {
        // Refused is fine.
      }
      const after = process.memoryUsage()
      most = Math.max(most, after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers)
    }
    expect(most).toBeLessThan(2 * model.length)
  })
})

/** A graph in an If in a graph, and so on. */
function nested(depth: number): Buffer {
  let graph: Field[] = []
  for (let level = 0; level < depth; level++)
    graph = [
      [
        1,
        [
          [4, 'If'],
          [
            5,
            [
              [1, 'then_branch'],
              [6, graph],
            ],
          ],
        ],
      ],
    ]
  return encode([[7, graph]])
}

function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
