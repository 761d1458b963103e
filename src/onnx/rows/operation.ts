import type { Attributes } from '../attributes.ts'
import type { Range } from '../wire.ts'
import { NotProven } from './sizes.ts'
import type { Size } from './sizes.ts'
import type { Value } from './value.ts'

/** A node as a rule sees it: all of its inputs are proven. */
export interface Operation {
  readonly operator: string
  /** Version of the operator's domain. */
  readonly opset: number
  /** undefined for an optional input that is left out. */
  readonly inputs: readonly (Value | undefined)[]
  readonly outputCount: number
  /** Reads the attributes of these names alone: a tree ensemble has lists of millions. */
  attributes(...names: string[]): Attributes
  /** Looks for a text in an attribute, however long its list is: a vocabulary has a hundred thousand words. */
  hasText(attribute: string, text: string): boolean
  /** A size that nothing is known of. Equal keys stand for equal sizes. */
  unknownSize(key?: string): Size
  /** What a graph within an attribute makes of these inputs; it sees the values around it. */
  within(graph: Range, inputs: readonly Value[]): readonly Value[]
  /** Reads a small tensor of an attribute. */
  tensor(range: Range): Value
  /** A constant of these numbers. */
  constantOf(values: readonly number[], shape: readonly number[]): Value
  /**
   * True when a graph within an attribute takes nothing from around it but constants, has no chance and no graph in it, and
   * hands its first `states` inputs on as they are.
   */
  isClosed(graph: Range, states: number): boolean
}

/**
 * Follows the rows through one operator. Outputs behind those that are returned are not proven.
 *
 * @throws NotProven when it cannot.
 */
export type Rule = (operation: Operation) => Value | readonly Value[]

/** An input that must be there. @throws NotProven */
export function input({ inputs }: Operation, index: number): Value {
  const value = inputs[index]
  if (!value) throw new NotProven(`its input ${index} is missing`)
  return value
}

/** @throws NotProven unless the inputs from an index on are constants, or left out. */
export function checkConstant({ inputs }: Operation, from: number, to = inputs.length): void {
  for (const [index, value] of inputs.entries()) {
    if (index >= from && index < to && value && value.kind !== 'constant') {
      throw new NotProven(`its input ${index} depends on the rows`)
    }
  }
}

/** The first integer of an attribute. */
export function integer(attributes: Attributes, name: string): number | undefined {
  return attributes.get(name)?.integers[0]
}

/** The integers of an attribute. @throws NotProven where the list is too long to be read. */
export function integers(attributes: Attributes, name: string): readonly number[] | undefined {
  const found = attributes.get(name)
  if (found?.isCut) throw new NotProven(`its attribute ${name} is too long`)
  return found?.integers
}
