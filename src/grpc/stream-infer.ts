import { status } from '@grpc/grpc-js'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { Cancellation } from '../core/cancellation.ts'
import { toRequestId } from '../core/request-id.ts'
import type { InferMessage } from '../protocols/v2/v2-grpc-message.ts'
import { computeOutcome } from './calls.ts'
import type { CallOptions, Method } from './calls.ts'
import type { MethodType } from './messages.ts'

// Maximum number of requests of one stream that are computed at once. A further one is read when one is answered.
const MAX_TOGETHER = 64

type StreamCall = ServerDuplexStream<Buffer, Buffer>

/** A message, and a function to call when it is sent or the client has left. */
interface Response {
  readonly bytes: Buffer
  readonly release?: () => void
}

/** Creates the handler of streams. Each request gets one answer, in order. An error is an answer and does not end a stream. */
export function createStreams(type: MethodType, method: Method, options: CallOptions) {
  const open = new Set<() => void>()
  return {
    handle: (call: StreamCall): void => {
      const end = serveStream(call, type, (bytes, cancellation) => respond(bytes, cancellation, call))
      open.add(end)
      const forget = (): boolean => open.delete(end)
      call.on('end', forget)
      call.on('cancelled', forget)
    },
    /** Answers the requests that have been read, and ends every stream. */
    end: (): void => {
      for (const end of open) end()
    },
  }

  async function respond(bytes: Buffer, cancellation: Cancellation, call: StreamCall): Promise<Response> {
    const inside = { ...type, encode: (reply: object) => type.encode({ infer_response: reply }) }
    const id = toRequestId(undefined)
    const outcome = await computeOutcome(bytes, {
      call,
      id,
      isNamed: false,
      cancellation,
      type: inside,
      method,
      options,
    })
    if ('bytes' in outcome) return outcome
    return { bytes: type.encode({ error_message: outcome.details, infer_response: echoRequestName(bytes, type) }) }
  }
}

/** @returns A function that ends the stream when the requests that have been read are answered. */
function serveStream(
  call: StreamCall,
  type: MethodType,
  respond: (bytes: Buffer, cancellation: Cancellation) => Promise<Response>,
): () => void {
  const cancellation = new Set<Cancellation>()
  let unanswered = 0
  let last = Promise.resolve()
  let isEnding = false

  const answer = async (computed: Promise<Response>): Promise<void> => {
    const { bytes, release } = await computed
    await write(call, bytes)
    release?.()
    unanswered--
    if (unanswered < MAX_TOGETHER) call.resume()
  }
  call.on('data', (bytes: Buffer) => {
    if (isEnding) return
    const own = new Cancellation()
    cancellation.add(own)
    const computed = respond(bytes, own).finally(() => cancellation.delete(own))
    last = last.then(() => answer(computed))
    if (++unanswered >= MAX_TOGETHER) call.pause()
  })
  call.on('end', () => void last.then(() => call.end()))
  call.on('cancelled', () => {
    for (const each of cancellation) each.cancel()
  })
  return () => {
    isEnding = true
    const error = { code: status.UNAVAILABLE, details: `${type.name} ends: the server is shutting down` }
    void last.then(() => call.emit('error', error))
  }
}

/** Waits until the message is sent, as fast as the client reads, or until the client has left. */
function write(call: StreamCall, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (call.cancelled) return resolve()
    const leave = (): void => {
      call.off('cancelled', leave)
      resolve()
    }
    call.once('cancelled', leave)
    call.write(bytes, leave)
  })
}

/** Repeats the model and the id of a request in its error, so that the client knows to which request it belongs. */
function echoRequestName(bytes: Buffer, { decode }: MethodType): object {
  try {
    const { modelName, modelVersion, id } = decode(bytes) as InferMessage
    return { model_name: modelName, model_version: modelVersion, id }
  } catch {
    return {}
  }
}
