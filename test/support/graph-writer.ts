import { encode } from './onnx-writer.ts'
import type { Field } from './onnx-writer.ts'

// Element types of TensorProto.
const TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
} as const

type ElementType = keyof typeof TYPES
type AttributeValue = number | string | readonly number[] | readonly string[] | { readonly graph: Graph } | Constant

export interface Node {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  readonly domain?: string
}

/** A tensor of an initializer, or of an attribute. */
export interface Constant {
  readonly shape: readonly number[]
  readonly values: readonly number[]
  readonly type?: ElementType
}

/** A shape of undefined leaves the rank open. The runtime finds a type that is `inferred` itself. */
export interface Placed {
  readonly name: string
  readonly shape?: readonly (number | string)[] | undefined
  readonly type?: ElementType | 'inferred'
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly inputs: readonly Placed[]
  readonly outputs: readonly Placed[]
  readonly constants?: Readonly<Record<string, Constant>>
}

interface ModelOptions {
  readonly opset?: number
  readonly mlOpset?: number
}

/** The bytes of a model file. A single float cannot be an attribute. */
export function writeModel(graph: Graph, { opset = 17, mlOpset = 3 }: ModelOptions = {}): Buffer {
  const opsets: [string, number][] = [
    ['', opset],
    ['ai.onnx.ml', mlOpset],
    ['com.microsoft', 1],
  ]
  return encode([
    [1, 8],
    [7, graphFields(graph)],
    ...opsets.map(([name, version]): Field => [
      8,
      [
        [1, name],
        [2, version],
      ],
    ]),
  ])
}

function graphFields({ nodes, inputs, outputs, constants = {} }: Graph): Field[] {
  return [
    ...nodes.map((node): Field => [1, nodeFields(node)]),
    [2, 'graph'],
    ...Object.entries(constants).map(([name, value]): Field => [5, tensorFields(value, name)]),
    ...inputs.map((value): Field => [11, valueFields(value)]),
    ...outputs.map((value): Field => [12, valueFields(value)]),
  ]
}

function nodeFields({ op, inputs, outputs, attributes = {}, domain = '' }: Node): Field[] {
  return [
    ...inputs.map((name): Field => [1, name]),
    ...outputs.map((name): Field => [2, name]),
    [4, op],
    ...Object.entries(attributes).map(([name, value]): Field => [5, attributeFields(name, value)]),
    [7, domain],
  ]
}

// Operators read these lists as floats, also where they are whole.
const FLOATS = new Set(['scales', 'scale', 'offset', 'coefficients', 'intercepts'])

function attributeFields(name: string, value: AttributeValue): Field[] {
  const head: Field = [1, name]
  if (typeof value === 'string') return [head, [4, value], [20, 3]]
  if (typeof value === 'number') return [head, [3, value], [20, 2]]
  if (isList(value)) return [head, ...listFields(name, value)]
  return 'graph' in value ? [head, [6, graphFields(value.graph)], [20, 5]] : [head, [5, tensorFields(value)], [20, 4]]
}

function isList(value: object): value is readonly (number | string)[] {
  return Array.isArray(value)
}

function listFields(name: string, values: readonly (number | string)[]): Field[] {
  if (FLOATS.has(name))
    return [
      [7, new Uint8Array(Float32Array.from(values.map(Number)).buffer)],
      [20, 6],
    ]
  const isText = typeof values[0] === 'string'
  return [...values.map((value): Field => [isText ? 9 : 8, value]), [20, isText ? 8 : 7]]
}

function tensorFields({ shape, values, type = 'float32' }: Constant, name?: string): Field[] {
  return [
    ...shape.map((size): Field => [1, size]),
    [2, TYPES[type]],
    ...(name === undefined ? [] : [[8, name] as Field]),
    [9, rawBytes(values, type)],
  ]
}

function rawBytes(values: readonly number[], type: ElementType): Uint8Array {
  if (type === 'int64') return new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
  if (type === 'float64') return new Uint8Array(Float64Array.from(values).buffer)
  if (type === 'int32') return new Uint8Array(Int32Array.from(values).buffer)
  if (type === 'float32') return new Uint8Array(Float32Array.from(values).buffer)
  return Uint8Array.from(values)
}

function valueFields({ name, shape, type = 'float32' }: Placed): Field[] {
  if (type === 'inferred') return [[1, name]]
  const dimensions = shape?.map((size): Field => [1, [typeof size === 'number' ? [1, size] : [2, size]]])
  const tensorType: Field[] = [[1, TYPES[type]], ...(dimensions ? [[2, dimensions] as Field] : [])]
  return [
    [1, name],
    [2, [[1, tensorType]]],
  ]
}
