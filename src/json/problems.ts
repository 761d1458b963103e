import { ServingError } from '../core/errors.ts'
import type { ErrorDetail } from '../core/errors.ts'
import { Fraction } from './exact-json.ts'

const MAX_DETAILS = 10
const MAX_QUOTED = 40

/** Collects what is wrong with a request: at most ten elements are named. */
export class Problems {
  readonly #details: ErrorDetail[] = []

  add(path: string, message: string): void {
    if (!this.isFull) this.#details.push({ path, message })
  }

  /** No further element needs to be looked at. */
  get isFull(): boolean {
    return this.#details.length >= MAX_DETAILS
  }

  get isEmpty(): boolean {
    return this.#details.length === 0
  }

  toError(): ServingError {
    const [first, ...rest] = this.#details
    const where = first?.path ? `${first.path}: ` : ''
    const others = rest.length === 0 ? '' : ` (and ${this.isFull ? 'at least ' : ''}${rest.length} more)`
    return new ServingError('INVALID_INPUT', `${where}${first?.message}${others}`, this.#details)
  }
}

/** The error for a request with one thing wrong. */
export function invalid(path: string, message: string): ServingError {
  const problems = new Problems()
  problems.add(path, message)
  return problems.toError()
}

/** A JSON value as a message shows it: short, on one line, never deeper than its surface. */
export function show(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (value instanceof Fraction) return cut(value.text)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'bigint') return cut(String(value))
  return value === Infinity || value === -Infinity ? 'a number beyond every float' : String(value)
}

function quote(text: string): string {
  return JSON.stringify(cut(text))
}

function cut(text: string): string {
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text
}

/** `instances[3]` and `sepal_width` make `instances[3].sepal_width`. */
export function joinPath(parent: string, key: string): string {
  if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) || key.length > MAX_QUOTED) return `${parent}[${quote(key)}]`
  return parent ? `${parent}.${key}` : key
}
