import { ServingError } from '../core/errors.ts'
import type { ErrorDetail } from '../core/errors.ts'

const MAX_DETAILS = 10

/** Collects what is wrong with a request. It keeps the first ten problems. */
export class InputProblems {
  readonly #details: ErrorDetail[] = []

  /** @param path The place of the value in the request; empty for the whole body. */
  add(path: string, message: string): void {
    if (!this.isFull) this.#details.push({ path, message })
  }

  /** True if no more problems are kept, so that the rest of the request needs no check. */
  get isFull(): boolean {
    return this.#details.length >= MAX_DETAILS
  }

  get isEmpty(): boolean {
    return this.#details.length === 0
  }

  /** Makes one error of all problems. Its message names the first and counts the others; its details list all. */
  toError(): ServingError {
    const [first, ...rest] = this.#details
    const where = first?.path ? `${first.path}: ` : ''
    const others = rest.length === 0 ? '' : ` (and ${this.isFull ? 'at least ' : ''}${rest.length} more)`
    return new ServingError('INVALID_INPUT', `${where}${first?.message}${others}`, this.#details)
  }
}

/** Makes the error for a request with one problem. */
export function invalid(path: string, message: string): ServingError {
  const problems = new InputProblems()
  problems.add(path, message)
  return problems.toError()
}
