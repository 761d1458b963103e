import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The client's `x-request-id` where it is short and printable, else a new one. */
export function toRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID()
}
