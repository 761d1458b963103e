import type { FastifyRequest } from 'fastify'
import { Cancellation } from '../core/cancellation.ts'
import type { Turns } from '../core/turns.ts'
import type { Model } from '../models/model.ts'
import type { Registry } from '../models/registry.ts'
import type { RequestContext } from '../serving/answer.ts'
import { releaseBody } from './body/bodies.ts'
import { maxWaitMs } from './deadline.ts'

/** The model that a path names. Without a name it is the default model. */
export interface ModelPath {
  Params: { readonly name?: string; readonly version?: string }
  Querystring: { readonly top?: string | string[] }
}

/** The parts of the server that the context of a request needs. */
export interface ContextOptions {
  readonly registry: Registry
  /** Maximum time from the arrival of a whole request until its run starts. */
  readonly requestTimeoutMs: number
  readonly turns: Turns
}

/**
 * Makes the context of a request for a model.
 *
 * @param find Finds the model and throws errors in the words of the protocol. By default the registry finds it.
 * @throws HttpError 400 if `x-request-timeout-ms` is no number of milliseconds.
 */
export function contextOf(
  request: FastifyRequest<ModelPath>,
  { registry, requestTimeoutMs, turns }: ContextOptions,
  find?: () => Model,
): RequestContext {
  const { observation, params } = request
  // `request.signal` of Fastify cannot be used: it aborts as soon as a body has been read.
  const cancellation = new Cancellation()
  observation.cancellation = cancellation
  if (observation.isGone) cancellation.cancel()
  const startedAt = performance.now()
  return {
    find: find ?? (() => registry.get(params.name, params.version)),
    startedAt,
    deadline: startedAt + maxWaitMs(request, requestTimeoutMs),
    cancellation,
    observation,
    turns,
    // A request that fails keeps its body, because a run may still read it.
    onComputed: ({ release }) => {
      releaseBody(request)
      observation.release = release
    },
  }
}
