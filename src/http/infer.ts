import type { FastifyRequest } from 'fastify'
import { Cancellation } from '../core/cancellation.ts'
import { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import { isLong } from '../core/turns.ts'
import type { Turns } from '../core/turns.ts'
import type { Model } from '../models/model.ts'
import type { Registry } from '../models/registry.ts'
import { releaseBody } from './body/bodies.ts'
import type { ModelPath } from './routes/predict.ts'

// What every protocol does with a request for a model, before and after its codec.

/**
 * The model that a request is for, if it takes one more: a body is not decoded in vain.
 *
 * @throws ServingError MODEL_NOT_FOUND, MODEL_NOT_READY or QUEUE_FULL
 */
export function admit(request: FastifyRequest<ModelPath>, registry: Registry): Model {
  const { name, version } = request.params
  const model = registry.get(name, version)
  request.inference.model = model.view
  model.checkRoom()
  return model
}

/**
 * Decodes a body: at once where it is short, in its turn where it is long. Nothing is decoded in vain either: while it
 * waited, the queue may have filled, or the client gone.
 *
 * @param decode Throws what is wrong with the body.
 * @throws ServingError QUEUE_FULL, MODEL_NOT_READY or CANCELLED
 */
export function decodeInTurn<T>(
  { inference }: FastifyRequest<ModelPath>,
  model: Model,
  { turns, bytes }: { readonly turns: Turns; readonly bytes: Buffer },
  decode: () => T,
): T | Promise<T> {
  if (!isLong(bytes)) return decode()
  return turns.do(() => {
    if (inference.isGone) throw new ServingError('CANCELLED', 'the client went away before its turn')
    model.checkRoom()
    return decode()
  })
}

/** Computes a decoded request, which is dropped when its client leaves, and has its log line tell of it. */
export async function infer(
  request: FastifyRequest<ModelPath>,
  model: Model,
  decoded: InferenceRequest,
  deadline: number,
): Promise<InferenceResult> {
  // Fastify's own `request.signal` aborts as soon as a body has been read.
  const cancellation = new Cancellation()
  const { inputs, outputs, priority } = decoded
  request.inference.inputs = inputs
  request.inference.cancellation = cancellation
  // While its body was taken out of its compression, for instance.
  if (request.inference.isGone) cancellation.cancel()
  const result = await model.infer({ inputs, outputs, priority, deadline }, cancellation)
  // A request that fails keeps its body: a run may still read it.
  releaseBody(request)
  request.inference.release = result.release
  request.inference.timings = result.timings
  return result
}
