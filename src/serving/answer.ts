import type { Cancellation } from '../core/cancellation.ts'
import { ServingError } from '../core/errors.ts'
import type { InferenceRequest, InferenceResult } from '../core/inference.ts'
import type { Observation } from '../core/observation.ts'
import { rowsOf } from '../core/tensor.ts'
import { isLong } from '../core/turns.ts'
import type { Turns } from '../core/turns.ts'
import type { Model } from '../models/model.ts'
import type { Codec } from '../protocols/codec.ts'

/** The facts about a request that a transport knows before the body is read. */
export interface RequestContext {
  /** Finds the model. @throws ServingError MODEL_NOT_FOUND or MODEL_NOT_READY, in the words of the protocol. */
  readonly find: () => Model
  /**
   * The time at which the whole body had arrived, on the clock of `performance.now()`. A time limit in the body counts
   * from this time.
   */
  readonly startedAt: number
  /** The latest time to start computing, on the same clock. */
  readonly deadline: number
  /** Cancelled when the client leaves. */
  readonly cancellation: Cancellation
  /** Filled while the request is answered. */
  readonly observation: Observation
  /** Spreads long decoding over turns of the event loop. */
  readonly turns: Turns
  /** True if the request may have as many rows as `Model.scoringView` allows. Bodies of batch transform may. */
  readonly usesScoringView?: boolean
  /** Called when the outputs are computed, before they are encoded. No run reads the body any more, so it may be released. */
  readonly onComputed?: (result: InferenceResult) => void
}

/** A body with its bytes. A body with few bytes is decoded at once, and a longer one in a turn of the event loop. */
interface SizedBody {
  readonly bytes: Buffer
}

/**
 * Takes one request through a model: admit, decode, compute, encode. Every transport calls this function.
 *
 * @param codec The protocol of the request.
 * @param readBody Called when the model has room, so that no body is decompressed in vain.
 * @returns The reply of the codec. It may hold views of the outputs.
 * @throws ServingError with any of its codes. Errors of `readBody` are passed on.
 */
export async function answer<Body extends SizedBody, Request extends InferenceRequest, Reply>(
  codec: Codec<Body, Request, Reply>,
  readBody: () => Body | Promise<Body>,
  context: RequestContext,
): Promise<Reply> {
  const model = admit(context)
  const body = await readBody()
  const request = await decode(codec, body, model, context)
  context.observation.rows = rowsOf(request.inputs)
  const { inputs, outputs, priority } = request
  const deadline = deadlineOf(context, request)
  const result = await model.infer({ inputs, outputs, priority, deadline }, context.cancellation)
  context.observation.timings = result.timings
  context.onComputed?.(result)
  return codec.encode(result, request, model.view)
}

/** Finds the model and refuses the request if the model has no room, so that no body is decoded in vain. */
function admit({ find, observation }: RequestContext): Model {
  const model = find()
  observation.model = model.view
  model.checkRoom()
  return model
}

/** Decodes a short body at once and a long one in its turn. While it waits there, the queue may fill or the client may leave. */
function decode<Body extends SizedBody, Request extends InferenceRequest>(
  codec: Codec<Body, Request, unknown>,
  body: Body,
  model: Model,
  { turns, cancellation, usesScoringView }: RequestContext,
): Request | Promise<Request> {
  const view = usesScoringView ? model.scoringView : model.view
  if (!isLong(body.bytes)) return codec.decode(body, view)
  return turns.do(() => {
    if (cancellation.isCancelled) throw new ServingError('CANCELLED', 'the client went away before its turn')
    model.checkRoom()
    return codec.decode(body, view)
  })
}

/** Returns the earlier one of the deadlines of the transport and of the body. */
function deadlineOf({ startedAt, deadline }: RequestContext, { timeoutMs }: InferenceRequest): number {
  return timeoutMs === undefined ? deadline : Math.min(deadline, startedAt + timeoutMs)
}
