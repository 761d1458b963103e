import { Fraction } from './exact-json.ts'

// The parts of error texts that come from the client: its values and the paths to them. Both are kept short.

const MAX_QUOTED = 40

/** Shows a JSON value on one line. An array or an object is only named, not listed. */
export function show(value: unknown): string {
  if (typeof value === 'string') return quoteShort(value)
  if (value instanceof Fraction) return shorten(value.text)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'bigint') return shorten(String(value))
  return value === Infinity || value === -Infinity ? 'a number beyond every float' : String(value)
}

/** Adds a key to a path: `instances[3]` and `sepal_width` make `instances[3].sepal_width`. */
export function joinPath(parent: string, key: string): string {
  if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) || key.length > MAX_QUOTED) return `${parent}[${quoteShort(key)}]`
  return parent ? `${parent}.${key}` : key
}

function quoteShort(text: string): string {
  return JSON.stringify(shorten(text))
}

function shorten(text: string): string {
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text
}
