import { isUtf8 } from 'node:buffer'
import { invalid, joinPath } from './problems.ts'
import type { Problems } from './problems.ts'

/** A parsed JSON body, with the text that it came from. */
export interface JsonBody {
  readonly text: string
  readonly value: unknown
}

/**
 * Parses a JSON body.
 *
 * @throws ServingError INVALID_INPUT when it is empty, no UTF-8, or no JSON.
 */
export function parseJson(body: Buffer): JsonBody {
  if (body.length === 0) throw invalid('', 'the body is empty: expected JSON')
  if (!isUtf8(body)) throw invalid('', 'the body is not valid UTF-8')
  const text = body.toString()
  try {
    return { text, value: JSON.parse(text) }
  } catch (error) {
    const hint = /[\s:,[](?:NaN|-?Infinity)\b/.test(text) ? '; JSON has no NaN and no Infinity' : ''
    throw invalid('', `the body is not valid JSON: ${(error as SyntaxError).message}${hint}`)
  }
}

/**
 * Counts the keys that valid JSON text spells out. `JSON.parse` keeps the last of equal keys in silence;
 * a count above that of the parsed keys gives it away. Numbers are skipped at the speed of `indexOf`.
 */
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
export function reportDuplicateKeys(text: string, problems: Problems): void {
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

/** The index of the quote that closes the string opened at `open`. */
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
