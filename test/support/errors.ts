import { ServingError } from '../../src/core/errors.ts'
import type { ErrorDetail } from '../../src/core/errors.ts'

/** The details of the INVALID_INPUT that `decode` throws, as `path: message`. */
export function problemsOf(decode: () => unknown): string[] {
  return errorOf(decode).details.map(({ path, message }: ErrorDetail) => `${path}: ${message}`)
}

export function errorOf(decode: () => unknown): ServingError {
  try {
    decode()
  } catch (error) {
    if (error instanceof ServingError && error.code === 'INVALID_INPUT') return error
    throw error
  }
  throw new Error('nothing was thrown')
}
