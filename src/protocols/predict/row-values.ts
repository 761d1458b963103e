import { maxBytesOf, maxTextBytes } from '../../core/json-size.ts'
import { elementCount } from '../../core/tensor.ts'
import type { Tensor } from '../../core/tensor.ts'
import { elementTexts } from '../tensors/element-json.ts'
import type { NanTeller } from '../tensors/element-json.ts'

// The rows of an answer all have the same structure. It is described once, before anything is written.

/** The keys of a JSON object. */
export interface Keys {
  /** Each key as JSON, with its colon. */
  readonly texts: readonly string[]
  /** The keys together take at most this many bytes. */
  readonly maxBytes: number
}

/** The values at one place of every row. */
export interface Values {
  /** Their nesting within a row: `[]` is a single value, `[3]` a list of three. */
  readonly shape: readonly number[]
  /** With keys the values form an object. `own`: the text of each value begins with its key. Without keys they form lists. */
  readonly keys: Keys | 'own' | undefined
  /** Writes a value as JSON. It is called in order, row by row. */
  readonly text: (row: number, index: number) => string
  /** The texts of all rows take at most this many bytes, with a comma each. */
  readonly maxBytes: number
}

/** An object. Each key is JSON, with its colon. */
export interface Members {
  readonly members: readonly (readonly [key: string, part: Part])[]
}

/** A part of a row, or the whole row. */
export type Part = Values | Members

/**
 * Describes the elements of a tensor.
 *
 * @param shape The shape of the elements in one row, without the row axis.
 * @param keys The elements of a row form an object with these keys.
 */
export function tensorValues(tensor: Tensor, shape: readonly number[], model: NanTeller, keys?: Keys): Values {
  const count = elementCount(shape)
  const textOf = elementTexts(tensor, model)
  const text = count === 1 ? textOf : (row: number, index: number): string => textOf(row * count + index)
  return { shape, keys, text, maxBytes: maxBytesOf(tensor) }
}

/** Writes names as the keys of an object. */
export function toKeys(names: readonly string[]): Keys {
  const texts = names.map(toKey)
  return { texts, maxBytes: texts.reduce((sum, key) => sum + maxTextBytes(key), 0) }
}

/** Writes a name as the key of an object, with its colon. */
export function toKey(name: string): string {
  return `${JSON.stringify(name)}:`
}
