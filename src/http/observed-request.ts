import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Cancellation } from '../core/cancellation.ts'
import type { Observation } from '../core/observation.ts'

/** The observation of an HTTP request, with the signal that its client has left. */
interface HttpObservation extends Observation {
  /** Cancelled when the client closes its connection before the answer is sent. */
  cancellation?: Cancellation
  /** True if the client has already left. */
  isGone?: boolean
  /** Gives back the memory of the outputs. Called when the answer is sent. */
  release?: (() => void) | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    observation: HttpObservation
  }
}

/**
 * Attaches an observation to a request, and adds the request id to its answer. If the client leaves early, the request is
 * cancelled.
 *
 * @param onEnd Called when the answer is sent or the client has left.
 */
export function observeRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  onEnd: (isAnswered: boolean) => void,
): void {
  void reply.header('x-request-id', request.id)
  const observation: HttpObservation = {}
  request.observation = observation
  reply.raw.on('close', () => {
    const isAnswered = reply.raw.writableFinished
    if (isAnswered) observation.release?.()
    else {
      observation.isGone = true
      observation.cancellation?.cancel()
    }
    onEnd(isAnswered)
  })
}
