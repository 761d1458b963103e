import { maxBytesOf, maxTextBytes } from '../core/json-size.ts'
import { elementCount } from '../core/tensor.ts'
import type { Tensor } from '../core/tensor.ts'
import { elementTexts } from './element-json.ts'
import type { NanTeller } from './element-json.ts'

/** The keys of an object, as JSON with a colon. */
export interface Keys {
  readonly texts: readonly string[]
  /** Most bytes that all of them take. */
  readonly maxBytes: number
}

/** What each row of an answer has in one place. Every small answer makes some, so they all have the same properties. */
export interface Values {
  /** How they are nested: `[]` is a single one, `[3]` a list. */
  readonly shape: readonly number[]
  /** Of an object of them; `own` where they bring their keys along. Without keys they stand in lists. */
  readonly keys: Keys | 'own' | undefined
  /** One of them as JSON. They are asked for in order, row by row. */
  readonly text: (row: number, index: number) => string
  /** Most bytes that the texts of all rows take, with a comma each. */
  readonly maxBytes: number
}

/** An object of parts by their keys, as JSON with a colon. */
export interface Members {
  readonly members: readonly (readonly [key: string, part: Part])[]
}

/** What a row of an answer consists of. */
export type Part = Values | Members

/**
 * The elements of a tensor.
 *
 * @param shape Of those that belong to one row: what the tensor has below its rows.
 * @param keys Of an object of them.
 */
export function tensorValues(tensor: Tensor, shape: readonly number[], model: NanTeller, keys?: Keys): Values {
  const count = elementCount(shape)
  const textOf = elementTexts(tensor, model)
  const text = count === 1 ? textOf : (row: number, index: number): string => textOf(row * count + index)
  return { shape, keys, text, maxBytes: maxBytesOf(tensor) }
}

/** Names as keys of an object. */
export function toKeys(names: readonly string[]): Keys {
  const texts = names.map(toKey)
  return { texts, maxBytes: texts.reduce((sum, key) => sum + maxTextBytes(key), 0) }
}

/** A name as the key of a JSON object, with the colon. */
export function toKey(name: string): string {
  return `${JSON.stringify(name)}:`
}
