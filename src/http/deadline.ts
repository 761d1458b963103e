import type { FastifyRequest } from 'fastify'
import { HttpError } from './errors.ts'

/**
 * When a request has waited long enough: as long as `x-request-timeout-ms` says, at most as long as the server allows.
 *
 * @returns A time on the clock of `performance.now()`.
 */
export function deadlineOf({ headers }: FastifyRequest, maxMs: number): number {
  const asked = headers['x-request-timeout-ms']
  if (asked === undefined) return performance.now() + maxMs
  if (typeof asked === 'string' && /^[1-9]\d{0,8}$/.test(asked))
    return performance.now() + Math.min(Number(asked), maxMs)
  const got = JSON.stringify(String(asked).slice(0, 40))
  throw new HttpError(
    400,
    'INVALID_INPUT',
    `x-request-timeout-ms: expected a whole number of milliseconds from 1, got ${got}`,
  )
}
