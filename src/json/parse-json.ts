import { isUtf8 } from 'node:buffer'
import { parseExactly } from './exact-json.ts'
import { bareNumber, withoutBareTokens } from './bare-tokens.ts'
import type { BareAs } from './bare-tokens.ts'
import { invalid } from './input-problems.ts'
import { joinPath } from './error-texts.ts'
import type { InputProblems } from './input-problems.ts'

/** @throws ServingError INVALID_INPUT when a body is empty or no UTF-8. */
export function checkText(body: Buffer): void {
  if (body.length === 0) throw invalid('', 'the body is empty: expected JSON')
  if (!isUtf8(body)) throw invalid('', 'the body is not valid UTF-8')
}

/**
 * Parses the text of a JSON body.
 *
 * @param keepsIntegers Integers that a double does not hold exactly come as bigint, and what it would make an integer as
 *   `Fraction`, at a cost where there are any.
 * @param bareAs What stands for a bare NaN, as Python writes it; refused without. Only looked for in text that is no JSON.
 * @param line Where the text stands, if it is not the whole body.
 * @throws ServingError INVALID_INPUT when it is no JSON.
 */
export function parseJson(text: string, keepsIntegers = false, bareAs?: BareAs, line?: string): unknown {
  if (text.length > STRUCTURE_CHECKED_FROM) checkStructure(text)
  try {
    return keepsIntegers ? parseExactly(text) : JSON.parse(text)
  } catch (error) {
    const isBare = text.includes('NaN') || (bareAs === 'object' && text.includes('Infinity'))
    if (bareAs && isBare) return parseJson(withoutBareTokens(text, bareAs), keepsIntegers, undefined, line)
    const hint = /[\s:,[](?:NaN|-?Infinity)\b/.test(text) ? '; JSON has no NaN and no Infinity' : ''
    throw invalid(
      line ?? '',
      `${line === undefined ? 'the body' : 'it'} is not valid JSON: ${(error as SyntaxError).message}${hint}`,
    )
  }
}

const MAX_PARSED_DEPTH = 1000
// Each takes some sixty bytes of memory, and two of text.
const MAX_CONTAINERS = 2 ** 20

// Shorter texts have neither depth nor containers that make parsing them costly.
const STRUCTURE_CHECKED_FROM = 2 ** 16

function checkStructure(text: string): void {
  // Found at the speed of `indexOf`, which numbers do not slow down.
  if (isRare(text, '[') && isRare(text, '{')) return
  let depth = 0
  let containers = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) {
      at = text.indexOf('"', at + 1)
      while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1)
      if (at === -1) return
    }
    if (code === 91 || code === 123) {
      depth++
      containers++
    } else if (code === 93 || code === 125) depth--
    if (depth > MAX_PARSED_DEPTH) throw invalid('', `expected at most ${MAX_PARSED_DEPTH} nested arrays and objects`)
    if (containers > MAX_CONTAINERS) throw invalid('', `expected at most ${MAX_CONTAINERS} arrays and objects`)
  }
}

/** Whether a text has too few of a character for nesting that is too deep. */
function isRare(text: string, character: string): boolean {
  let left = MAX_PARSED_DEPTH / 2
  for (let at = text.indexOf(character); at !== -1 && left > 0; at = text.indexOf(character, at + 1)) left--
  return left > 0
}

/**
 * Is true where the text may have duplicate keys. `JSON.parse` keeps the last one without an error, so the text then has more
 * keys than the value. `reportDuplicateKeys` finds their paths.
 */
export function mayHaveDuplicateKeys(text: string, value: unknown): boolean {
  return countKeys(text) !== countKeysOf(value)
}

/**
 * Counts the keys of all objects in a parsed value, without recursion. It never counts too many, but it may count too few: it
 * skips an array that begins with a number or a string, so that tensors cost nothing. It also skips what stands for a bare NaN.
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

// No request that any model takes is nested deeper; a path grows with every level.
const MAX_DEPTH = 40

/** Adds every key that valid JSON text gives twice within one object, with its path; far too deep ones are passed over. */
export function reportDuplicateKeys(text: string, problems: InputProblems): void {
  const containers: { path: string; keys?: Set<string>; index: number }[] = []
  let path = ''
  let tooDeep = 0
  for (let at = 0; at < text.length && !problems.isFull; at++) {
    const container = containers.at(-1)
    const character = text[at]
    if (character === '{' || character === '[') {
      if (containers.length === MAX_DEPTH) {
        tooDeep++
        continue
      }
      if (container && !container.keys) path = `${container.path}[${container.index}]`
      containers.push(character === '{' ? { path, keys: new Set(), index: 0 } : { path, index: 0 })
    } else if (character === '}' || character === ']') {
      if (tooDeep > 0) tooDeep--
      else containers.pop()
    } else if (character === ',' && container && tooDeep === 0) container.index++
    else if (character === '"') {
      const close = endOfString(text, at)
      if (container?.keys && tooDeep === 0 && isKey(text, close)) {
        const key = JSON.parse(text.slice(at, close + 1)) as string
        path = joinPath(container.path, key)
        if (container.keys.has(key)) problems.add(path, 'is given twice')
        container.keys.add(key)
      }
      at = close
    }
  }
}

/** The index of the quote that closes the string opened at `open`; -1 where none does. */
function endOfString(text: string, open: number): number {
  let close = text.indexOf('"', open + 1)
  while (isEscaped(text, close)) close = text.indexOf('"', close + 1)
  return close
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

function isKey(text: string, close: number): boolean {
  let next = close + 1
  while (text.charCodeAt(next) <= 0x20) next++
  return text[next] === ':'
}
