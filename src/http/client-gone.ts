import type { FastifyReply } from 'fastify'
import { Cancellation } from '../core/cancellation.ts'

/**
 * Cancelled when the client closes its connection before the answer is out.
 * Fastify's own `request.signal` aborts as soon as a body has been read.
 */
export function clientGone({ raw }: FastifyReply): Cancellation {
  const cancellation = new Cancellation()
  raw.once('close', () => {
    if (!raw.writableFinished) cancellation.cancel()
  })
  return cancellation
}
