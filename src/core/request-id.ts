import { randomUUID } from 'node:crypto'

/** Returns the id that a client gave its request if it is short and printable, and else a new one. */
export function toRequestId(given: unknown): string {
  return typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID()
}
