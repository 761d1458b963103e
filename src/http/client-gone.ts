import type { FastifyReply } from 'fastify'

/**
 * A signal that aborts when the client closes its connection before the answer is out.
 * Fastify's own `request.signal` aborts as soon as a body has been read.
 */
export function clientGone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort()
  })
  return controller.signal
}
