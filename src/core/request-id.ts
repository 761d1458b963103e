import { randomUUID } from 'node:crypto'

/** The id that a client gives its request, where it is short and printable, else a new one. */
export function toRequestId(given: unknown): string {
  return typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID()
}
