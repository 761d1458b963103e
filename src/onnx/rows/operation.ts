import type { Attributes } from '../attributes.ts'
import type { Range } from '../wire.ts'
import { NotProven } from './sizes.ts'
import type { Size } from './sizes.ts'
import type { Value } from './value.ts'

/** A node whose inputs are all proven. Rules work on it. */
export interface Operation {
  readonly operator: string
  /** The version of the operator's domain. */
  readonly opset: number
  /** An optional input that is omitted is undefined. */
  readonly inputs: readonly (Value | undefined)[]
  readonly outputCount: number
  /** Reads only the attributes with these names, because a tree ensemble has lists with millions of elements. */
  attributes(...names: string[]): Attributes
  /** Searches a list of any length for a text. A vocabulary may have a hundred thousand words. */
  hasText(attribute: string, text: string): boolean
  /** Makes an unknown size. Equal keys mean equal sizes. */
  unknownSize(key?: string): Size
  /** Follows a graph in an attribute from these inputs to its outputs. The graph can read the values of the outer graph. */
  within(graph: Range, inputs: readonly Value[]): readonly Value[]
  /** Reads a small tensor of an attribute. */
  tensor(range: Range): Value
  /** Makes a constant of these numbers. */
  constantOf(values: readonly number[], shape: readonly number[]): Value
  /**
   * True if a graph in an attribute reads only constants of the outer graph, has no random operator and no inner graph, and
   * returns its first `states` inputs unchanged.
   */
  isClosed(graph: Range, states: number): boolean
}

/**
 * Follows the rows through one operator. Further outputs than those returned are not proven.
 *
 * @throws NotProven if the rows cannot be followed.
 */
export type Rule = (operation: Operation) => Value | readonly Value[]

/** Returns an input that is required. @throws NotProven if it is absent. */
export function input({ inputs }: Operation, index: number): Value {
  const value = inputs[index]
  if (!value) throw new NotProven(`its input ${index} is missing`)
  return value
}

/** @throws NotProven unless the inputs from an index on are constants or omitted. */
export function checkConstant({ inputs }: Operation, from: number, to = inputs.length): void {
  for (const [index, value] of inputs.entries()) {
    if (index >= from && index < to && value && value.kind !== 'constant') {
      throw new NotProven(`its input ${index} depends on the rows`)
    }
  }
}

/** Returns the first integer of an attribute. */
export function integer(attributes: Attributes, name: string): number | undefined {
  return attributes.get(name)?.integers[0]
}

/** Returns the integers of an attribute. @throws NotProven if the list is too long to be read. */
export function integers(attributes: Attributes, name: string): readonly number[] | undefined {
  const found = attributes.get(name)
  if (found?.isCut) throw new NotProven(`its attribute ${name} is too long`)
  return found?.integers
}
