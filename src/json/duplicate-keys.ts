import { bareNumber } from './bare-tokens.ts'
import { joinPath } from './error-texts.ts'
import type { InputProblems } from './input-problems.ts'
import { endOfString } from './string-ends.ts'

// JSON.parse keeps the last of two equal keys without an error. So a text with duplicate keys has more keys than its value.
// Counting both is cheap; only when the counts differ, a walk through the text finds the paths.

/**
 * Compares the number of keys in a text and in its parsed value.
 *
 * @param text Valid JSON. Bare NaN and infinities are allowed.
 * @returns True if the text may have duplicate keys. `reportDuplicateKeys` then decides.
 */
export function mayHaveDuplicateKeys(text: string, value: unknown): boolean {
  return countKeys(text) !== countKeysOf(value)
}

/**
 * Counts the keys of all objects in a parsed value, without recursion. The count may be too low, never too high. An array
 * that begins with a number or a string is skipped, so that tensors cost nothing. An object that stands for a bare NaN has
 * no keys in the text, so it is skipped as well.
 */
export function countKeysOf(value: unknown): number {
  let count = 0
  const containers = mayHaveKeys(value) ? [value] : []
  for (let container = containers.pop(); container; container = containers.pop()) {
    const values: readonly unknown[] = Array.isArray(container) ? container : Object.values(container)
    if (values !== container) {
      if (values.length === 1 && bareNumber(container) !== undefined) continue
      count += values.length
    }
    for (let index = 0; index < values.length; index++) {
      const each = values[index]
      if (mayHaveKeys(each)) containers.push(each)
    }
  }
  return count
}

function mayHaveKeys(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return !Array.isArray(value) || typeof value[0] === 'object'
}

/** Counts the keys in valid JSON text. It jumps from quote to quote with `indexOf`, so numbers cost nothing. */
export function countKeys(text: string): number {
  let count = 0
  for (let open = text.indexOf('"'); open !== -1;) {
    const close = endOfString(text, open)
    if (isKey(text, close)) count++
    open = text.indexOf('"', close + 1)
  }
  return count
}

/** @param close Index of the quote that closes a string. */
function isKey(text: string, close: number): boolean {
  let next = close + 1
  while (text.charCodeAt(next) <= 0x20) next++
  return text[next] === ':'
}

/**
 * Adds a problem for every key that an object in the text has twice, with its path.
 *
 * @param text Valid JSON. Objects nested deeper than any request are skipped.
 */
export function reportDuplicateKeys(text: string, problems: InputProblems): void {
  const walk = new KeyWalk(problems)
  for (let at = 0; at < text.length && !problems.isFull; at++) {
    const character = text[at]
    if (character === '{' || character === '[') walk.open(character === '{')
    else if (character === '}' || character === ']') walk.close()
    else if (character === ',') walk.nextElement()
    else if (character === '"') {
      const close = endOfString(text, at)
      if (isKey(text, close)) walk.addKey(text.slice(at, close + 1))
      at = close
    }
  }
}

// No model takes a request that is nested deeper, and each level makes the paths longer.
const MAX_DEPTH = 40

interface Container {
  readonly path: string
  /** The keys of an object so far; undefined for an array. */
  readonly keys: Set<string> | undefined
  index: number
}

/** The arrays and objects around the current position of a text. */
class KeyWalk {
  readonly #problems: InputProblems
  readonly #containers: Container[] = []
  /** The path of the value that comes next. */
  #path = ''
  /** The number of open containers that are nested too deep. */
  #skipped = 0

  constructor(problems: InputProblems) {
    this.#problems = problems
  }

  get #container(): Container | undefined {
    return this.#skipped > 0 ? undefined : this.#containers.at(-1)
  }

  open(isObject: boolean): void {
    if (this.#containers.length === MAX_DEPTH) this.#skipped++
    else {
      const parent = this.#container
      if (parent && !parent.keys) this.#path = `${parent.path}[${parent.index}]`
      this.#containers.push({ path: this.#path, keys: isObject ? new Set() : undefined, index: 0 })
    }
  }

  close(): void {
    if (this.#skipped > 0) this.#skipped--
    else this.#containers.pop()
  }

  nextElement(): void {
    if (this.#container) this.#container.index++
  }

  /** @param json The key with its quotes and escapes. */
  addKey(json: string): void {
    const container = this.#container
    if (!container?.keys) return
    const key = JSON.parse(json) as string
    this.#path = joinPath(container.path, key)
    if (container.keys.has(key)) this.#problems.add(this.#path, 'is given twice')
    container.keys.add(key)
  }
}
