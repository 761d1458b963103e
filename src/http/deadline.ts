import type { FastifyRequest } from 'fastify'
import { HttpError } from './errors/http-error.ts'

/**
 * Returns the maximum time that a request waits, in milliseconds. It is the smaller one of `x-request-timeout-ms` and the
 * limit of the server.
 *
 * @throws HttpError 400 if the header is no number of milliseconds.
 */
export function maxWaitMs({ headers }: Pick<FastifyRequest, 'headers'>, serverMs: number): number {
  const asked = headers['x-request-timeout-ms']
  if (asked === undefined) return serverMs
  if (typeof asked === 'string' && /^[1-9]\d{0,8}$/.test(asked)) return Math.min(Number(asked), serverMs)
  const got = JSON.stringify(String(asked).slice(0, 40))
  throw new HttpError(
    400,
    'INVALID_INPUT',
    `x-request-timeout-ms: expected a whole number of milliseconds from 1, got ${got}`,
  )
}
