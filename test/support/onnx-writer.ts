/** Writes ONNX files field by field, as protobuf; for tests that need files no exporter would write. */
export type Field = readonly [
  number: number,
  /** A Float32Array holds one number, in four bytes. */
  value: number | bigint | string | Uint8Array | Float32Array | readonly Field[],
]

export function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number' || typeof value === 'bigint') {
        return Buffer.concat([varint(number * 8), varint(value)])
      }
      if (value instanceof Float32Array) return Buffer.concat([varint(number * 8 + 5), bytesOf(value)])
      const bytes = typeof value === 'string' ? Buffer.from(value) : value instanceof Uint8Array ? value : encode(value)
      return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
    }),
  )
}

/** The bytes of numbers, as they stand in a file. */
export function bytesOf(numbers: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Buffer.from(bytes)
}

const FLOAT = 1
const STRING = 8

function tensorInfo(name: string, dimensions: readonly (number | string)[], elementType = FLOAT): Field[] {
  const shape = dimensions.map((size): Field => [1, [typeof size === 'number' ? [1, size] : [2, size]]])
  return [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, elementType],
            [2, shape],
          ],
        ],
      ],
    ],
  ]
}

/** A chain of matrix products, each with square weights of its own: a model as large as one likes. */
export function largeModel(layers: number, width: number): Buffer {
  const names = Array.from({ length: layers + 1 }, (_, index) => (index === layers ? 'y' : `x${index}`))
  const weights = new Float32Array(width * width)
  for (let index = 0; index < weights.length; index++) weights[index] = ((index * 7919) % 1000) / 1e5
  const raw = new Uint8Array(weights.buffer)
  const nodes = names.slice(1).map((output, index): Field => [
    1,
    [
      [1, names[index]!],
      [1, `w${index}`],
      [2, output],
      [4, 'MatMul'],
    ],
  ])
  const initializers = nodes.map((_, index): Field => {
    return [
      5,
      [
        [1, width],
        [1, width],
        [2, FLOAT],
        [8, `w${index}`],
        [9, raw],
      ],
    ]
  })
  return encode([
    [1, 8],
    [
      7,
      [
        ...nodes,
        [2, 'large'],
        ...initializers,
        [11, tensorInfo('x0', ['N', width])],
        [12, tensorInfo('y', ['N', width])],
      ],
    ],
    [
      8,
      [
        [1, ''],
        [2, 17],
      ],
    ],
  ])
}

interface SmallModel {
  readonly elementType?: number
  readonly irVersion?: number
  readonly opset?: number
  readonly mlOpset?: number
  readonly operator?: string
  readonly domain?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly columns?: number
  /** Of `x` and `y`, instead of `N` and the columns. */
  readonly dimensions?: readonly (number | string)[]
  /** Instead of `y`: what makes each of `y0`, `y1`, … of `x`, and of which type it is. */
  readonly outputs?: readonly (readonly [operator: string, type: number | 'sequence'])[]
}

/** One node from `x` [N, columns] to `y` of the same type. */
export function smallModel(options: SmallModel = {}): Buffer {
  const { elementType = FLOAT, irVersion = 8, opset = 17, mlOpset = 3, operator = 'Identity', domain = '' } = options
  const { metadata = {}, columns = 3, dimensions = ['N', columns] } = options
  const input = tensorInfo('x', dimensions, elementType)
  const made = options.outputs?.map(([kind, type], index) => toOutput(kind, type, `y${index}`, dimensions)) ?? [
    { node: nodeOf(operator, domain, 'y'), value: tensorInfo('y', dimensions, elementType) },
  ]
  const opsets = { '': opset, 'ai.onnx.ml': mlOpset, ...(domain && { [domain]: 1 }) }
  return encode([
    [1, irVersion],
    [
      7,
      [
        ...made.map(({ node }): Field => [1, node]),
        [2, 'small'],
        [11, input],
        ...made.map(({ value }): Field => [12, value]),
      ],
    ],
    ...Object.entries(opsets).map(([name, version]): Field => [
      8,
      [
        [1, name],
        [2, version],
      ],
    ]),
    ...Object.entries(metadata).map(([key, text]): Field => [
      14,
      [
        [1, key],
        [2, text],
      ],
    ]),
  ])
}

function nodeOf(operator: string, domain: string, output: string): Field[] {
  return [
    [1, 'x'],
    [2, output],
    [4, operator],
    [7, domain],
  ]
}

function toOutput(operator: string, type: number | 'sequence', name: string, dimensions: readonly (number | string)[]) {
  const node = nodeOf(operator, '', name)
  if (type === 'sequence') return { node, value: sequenceInfo(name) }
  const to: Field = [
    5,
    [
      [1, 'to'],
      [3, type],
      [20, 2],
    ],
  ]
  return { node: operator === 'Cast' ? [...node, to] : node, value: tensorInfo(name, dimensions, type) }
}

function sequenceInfo(name: string): Field[] {
  return [
    [1, name],
    [2, [[4, [[1, [[1, [[1, FLOAT]]]]]]]]],
  ]
}

/** A product with weights that stand in a file of their own. */
export function externalModel(location: string, columns: number): Buffer {
  const entries: Field[] = [
    [
      13,
      [
        [1, 'location'],
        [2, location],
      ],
    ],
  ]
  const weights: Field = [5, [[1, columns], [1, columns], [2, FLOAT], [8, 'w'], ...entries, [14, 1]]]
  const node: Field[] = [
    [1, 'x'],
    [1, 'w'],
    [2, 'y'],
    [4, 'MatMul'],
  ]
  return encode([
    [1, 8],
    [
      7,
      [
        [1, node],
        [2, 'external'],
        weights,
        [11, tensorInfo('x', ['N', columns])],
        [12, tensorInfo('y', ['N', columns])],
      ],
    ],
    [
      8,
      [
        [1, ''],
        [2, 17],
      ],
    ],
  ])
}

interface Classifier {
  readonly classes: readonly string[]
  readonly outputs: readonly string[]
}

/** A linear classifier of `x` [N, 2], whose classes are strings; the third is the likeliest of none. */
export function linearClassifier({ classes, outputs }: Classifier): Buffer {
  const floats = (name: string, values: readonly number[]): Field => [
    5,
    [[1, name], ...values.map((value): Field => [7, Buffer.from(Float32Array.of(value).buffer)]), [20, 6]],
  ]
  const label = tensorInfo(outputs[0]!, ['N'], STRING)
  const node: Field[] = [
    [1, 'x'],
    ...outputs.map((name): Field => [2, name]),
    [4, 'LinearClassifier'],
    floats('coefficients', [1, 0, 0, 1, -1, -1]),
    floats('intercepts', [0, 0, 0]),
    [5, [[1, 'classlabels_strings'], ...classes.map((name): Field => [9, name]), [20, 8]]],
    [
      5,
      [
        [1, 'post_transform'],
        [4, 'SOFTMAX'],
        [20, 3],
      ],
    ],
    [7, 'ai.onnx.ml'],
  ]
  const graph: Field[] = [
    [1, node],
    [2, 'classifier'],
    [11, tensorInfo('x', ['N', 2])],
    [12, label],
    [12, tensorInfo(outputs[1]!, ['N', classes.length])],
  ]
  return encode([
    [1, 8],
    [7, graph],
    [
      8,
      [
        [1, ''],
        [2, 17],
      ],
    ],
    [
      8,
      [
        [1, 'ai.onnx.ml'],
        [2, 3],
      ],
    ],
  ])
}
