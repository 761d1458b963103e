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

/** What the context of every HTTP request is made from. */
export interface ContextOptions {
  readonly registry: Registry
  /** How long a request may wait for its turn. */
  readonly requestTimeoutMs: number
  readonly turns: Turns
}

/**
 * The context of a request for a model.
 *
 * @param find Finds the model in the words of the protocol, if the registry's own do not fit.
 * @throws HttpError 400 when `x-request-timeout-ms` is no number of milliseconds.
 */
export function contextOf(
  request: FastifyRequest<ModelPath>,
  { registry, requestTimeoutMs, turns }: ContextOptions,
  find?: () => Model,
): RequestContext {
  const { observation, params } = request
  // Fastify's own `request.signal` aborts as soon as a body has been read.
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
