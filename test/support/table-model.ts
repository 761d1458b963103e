import { bytesOf, encode } from './onnx-writer.ts'
import type { Field } from './onnx-writer.ts'

type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: TableModel }

/** A node; one of ai.onnx.ml or com.microsoft has its domain before its operator. */
export interface TableNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, Attribute>>
}

/** A model of tables. */
export interface TableModel {
  /** Widths by name; a text is a free width. Floats, unless `types` has another element type. */
  readonly inputs: Readonly<Record<string, number | string>>
  readonly types?: Readonly<Record<string, number>>
  readonly nodes: readonly TableNode[]
  /** Widths by name. */
  readonly outputs: Readonly<Record<string, number>>
  /** Integers of 64 bits, or floats. */
  readonly constants?: Readonly<Record<string, BigInt64Array | Float32Array>>
  readonly producer?: readonly [name: string, version: string]
}

const [FLOAT, INT64] = [1, 7]

/** Writes the file of a model whose inputs and outputs are tables [rows, columns]. */
export function tableModel(model: TableModel): Buffer {
  const [name, version] = model.producer ?? ['test', '1']
  const opsets = [
    ['', 17],
    ['ai.onnx.ml', 3],
  ] as const
  return encode([
    [1, 8],
    [2, name],
    [3, version],
    [7, graphFields(model)],
    ...opsets.map(([domain, opset]): Field => [
      8,
      [
        [1, domain],
        [2, opset],
      ],
    ]),
  ])
}

function graphFields({ inputs, types = {}, nodes, outputs, constants = {} }: TableModel): Field[] {
  return [
    ...nodes.map((node): Field => [1, nodeFields(node)]),
    [2, 'graph'],
    ...Object.entries(constants).map(([name, data]): Field => [5, constantFields(name, data)]),
    ...Object.entries(inputs).map(([name, width]): Field => [11, tableFields(name, width, types[name])]),
    ...Object.entries(outputs).map(([name, width]): Field => [12, tableFields(name, width, types[name])]),
  ]
}

function nodeFields({ operator, inputs, outputs, attributes = {} }: TableNode): Field[] {
  const [, domain = '', name] = /^(ai\.onnx\.ml|com\.microsoft)?\.?(\w+)$/.exec(operator)!
  return [
    ...inputs.map((input): Field => [1, input]),
    ...outputs.map((output): Field => [2, output]),
    [4, name!],
    [7, domain],
    ...Object.entries(attributes).map(([key, value]): Field => [5, [[1, key], ...attributeFields(value)]]),
  ]
}

function attributeFields(value: Attribute): Field[] {
  const type = (number: number): Field => [20, number]
  if (typeof value === 'number') return [[3, value], type(2)]
  if (typeof value === 'string') return [[4, value], type(3)]
  if ('float' in value) return [[2, Float32Array.of(value.float)], type(1)]
  if ('floats' in value) return [...value.floats.map((each): Field => [7, Float32Array.of(each)]), type(6)]
  if ('graph' in value) return [[6, graphFields(value.graph)], type(5)]
  const isTexts = typeof value[0] === 'string'
  return [...value.map((each): Field => [isTexts ? 9 : 8, each]), type(isTexts ? 8 : 7)]
}

function constantFields(name: string, data: BigInt64Array | Float32Array): Field[] {
  return [
    [1, data.length],
    [2, data instanceof Float32Array ? FLOAT : INT64],
    [8, name],
    [9, bytesOf(data)],
  ]
}

function tableFields(name: string, width: number | string, type = FLOAT): Field[] {
  const rows: Field = [1, [[2, 'N']]]
  const columns: Field = [1, [typeof width === 'number' ? [1, width] : [2, width]]]
  const tensor: Field[] = [
    [1, type],
    [2, [rows, columns]],
  ]
  return [
    [1, name],
    [2, [[1, tensor]]],
  ]
}
