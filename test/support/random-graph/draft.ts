import type { Constant, Graph, Node, Placed } from '../graph-writer.ts'
import { pick } from './random.ts'
import type { Random } from './random.ts'

/** A value of a graph that grows: its name, its type, and its shape for `PROBE_ROWS` rows. */
export interface Known {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: NonNullable<Placed['type']>
}

/** Nodes that are tried together. */
export interface Draft {
  readonly nodes: readonly Node[]
  readonly constants?: Graph['constants']
  /** The value that it makes. */
  readonly output: string
}

export interface Maker {
  readonly random: Random
  readonly opset: number
  readonly name: () => string
  /** A value made so far; the latest is likely. The input where none fits. */
  readonly value: (fits?: (value: Known) => boolean) => Known
}

export type Drafter = (maker: Maker) => Draft

// No other size is 5, so an axis of 5 is likely to be that of the rows.
export const PROBE_ROWS = 5
export const SIZES = [2, 3, 4]

const isFull = ({ shape }: Known): boolean => !shape.includes(0)
/** Floats, at least one. The runtime ends the process on an empty axis in some operators. */
export const isFloat = (value: Known): boolean => value.type === 'float32' && isFull(value)
/** Floats, possibly none. */
export const isFloats = ({ type }: Known): boolean => type === 'float32'
export const isText = ({ type }: Known): boolean => type === 'string'
/** What may be moved about, whatever it holds. */
export const isData = (value: Known): boolean => isFloat(value) || isText(value)

export const hasRank =
  (...ranks: number[]) =>
  (value: Known): boolean =>
    isFloat(value) && ranks.includes(value.shape.length)

export function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Node['attributes'] = {},
  domain = '',
): Node {
  return { op, inputs, outputs: [output], attributes, domain }
}

export function ints(values: readonly number[]): Constant {
  return { shape: [values.length], values, type: 'int64' }
}

export function weights(shape: readonly number[], random: Random): Constant {
  return { shape, values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random(5) - 2) }
}

/** An axis, mostly not the first. */
export function axisOf(random: Random, { shape }: Known): number {
  const axis = random(4) > 0 ? Math.max(0, shape.length - 1 - random(2)) : random(Math.max(1, shape.length))
  return random(3) === 0 ? axis - shape.length : axis
}

export function unary(...operators: string[]): Drafter {
  return ({ random, name, value }) => {
    const output = name()
    return { nodes: [node(pick(random, operators), [value(isFloats).name], output)], output }
  }
}

export function along(
  operators: readonly string[],
  attributes: (random: Random, value: Known) => Node['attributes'],
): Drafter {
  return ({ random, name, value }) => {
    const [x, output] = [value(isFloat), name()]
    return { nodes: [node(pick(random, operators), [x.name], output, attributes(random, x))], output }
  }
}

/** A float again, whatever it was. */
export function toFloat(made: string, output: string): Node {
  return node('Cast', [made], output, { to: 1 })
}
