import { once } from 'node:events'
import { Metadata, status } from '@grpc/grpc-js'
import type { ServerDuplexStream, ServerUnaryCall, StatusObject, sendUnaryData } from '@grpc/grpc-js'
import type { Logger } from 'pino'
import { Cancellation } from '../core/cancellation.ts'
import { ServingError } from '../core/errors.ts'
import type { HeldAnswers } from '../core/held-answers.ts'
import { toRequestId } from '../core/request-id.ts'
import type { Observation } from '../core/observation.ts'
import { isLong } from '../core/turns.ts'
import type { Turns } from '../core/turns.ts'
import type { MethodType } from './messages.ts'
import { addObservation, roundMs } from '../serving/request-line.ts'
import type { RequestContext } from '../serving/answer.ts'
import { GrpcError, toStatus } from './status.ts'

/** The context of a call. The method finds the model itself. */
export type Call = Omit<RequestContext, 'find'>

/** Computes the answer to one message of a method. */
export type Method = (message: never, call: Call) => object | Promise<object>

export interface CallOptions {
  readonly logger: Logger
  /** Maximum time from the arrival of a whole request until its run starts. */
  readonly requestTimeoutMs: number
  /** Turns of the event loop, for decoding long messages and writing long answers. */
  readonly turns: Turns
  readonly held: HeldAnswers
}

type AnyCall = Pick<
  ServerUnaryCall<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  'metadata' | 'cancelled' | 'getDeadline'
>

interface Reply {
  readonly code: status.OK
  readonly bytes: Buffer
  /** Must be called when the client has the bytes or has left. */
  readonly release: () => void
}

type Outcome = Pick<StatusObject, 'code' | 'details'> | Reply

const REQUEST_ID = 'x-request-id'
const PROBES = new Set(['ServerLive', 'ServerReady', 'ModelReady'])

/** Makes the handler of a method with one message and one answer. */
export function createUnaryHandler(type: MethodType, method: Method, options: CallOptions) {
  return (call: ServerUnaryCall<Buffer, Buffer>, send: sendUnaryData<Buffer>): void => {
    const cancellation = new Cancellation()
    call.on('cancelled', () => cancellation.cancel())
    const [given] = call.metadata.get(REQUEST_ID)
    const id = toRequestId(given)
    const request = { call, id, isNamed: given === id, cancellation, type, method, options }
    // The library emits this event when the call ends for any reason.
    const over = once(call, 'cancelled')
    void computeOutcome(call.request, request).then((outcome) => {
      if ('release' in outcome) void over.then(outcome.release)
      return sendOutcome(outcome, request, send)
    })
  }
}

function sendOutcome(outcome: Outcome, request: OneRequest, send: sendUnaryData<Buffer>): void {
  const isAnswered = 'bytes' in outcome
  if (isAnswered && !request.isNamed) return send(null, outcome.bytes)
  const trailer = new Metadata()
  trailer.set(REQUEST_ID, request.id)
  if (isAnswered) send(null, outcome.bytes, trailer)
  else send({ ...outcome, metadata: trailer })
}

export interface OneRequest {
  readonly call: AnyCall
  readonly id: string
  /** True if the client chose the id. Every answer then has it in a trailer. Otherwise only errors do, to save time. */
  readonly isNamed: boolean
  readonly cancellation: Cancellation
  readonly type: MethodType
  readonly method: Method
  readonly options: CallOptions
}

/** Computes the answer to one message, or its error, and logs a line. Never rejects. */
export async function computeOutcome(bytes: Buffer, request: OneRequest): Promise<Outcome> {
  const startedAt = performance.now()
  const observation: Observation = {}
  const outcome = await attempt(bytes, observation, request)
  const { call, id, type, options } = request
  const level = PROBES.has(type.name) ? 'debug' : 'info'
  if (options.logger.isLevelEnabled(level)) {
    const durationMs = roundMs(performance.now() - startedAt)
    const code = status[call.cancelled ? cancelledAs(call, durationMs) : outcome.code]
    options.logger[level](addObservation({ reqId: id, rpc: type.path, code, durationMs }, observation), 'request')
  }
  return outcome
}

async function attempt(bytes: Buffer, observation: Observation, request: OneRequest): Promise<Outcome> {
  const { call, id, cancellation, type, method, options } = request
  try {
    const waitsMs = Math.min(options.requestTimeoutMs, Number(call.getDeadline()) - Date.now())
    const startedAt = performance.now()
    const deadline = startedAt + waitsMs
    const { turns } = options
    const read = (): object => decodeMessage(bytes, type)
    const message = isLong(bytes) ? await turns.do(read) : read()
    const reply = await method(message as never, { startedAt, deadline, cancellation, observation, turns })
    const encoded = type.encode(reply)
    return { code: status.OK, bytes: encoded, release: options.held.hold(encoded.length) }
  } catch (error) {
    return toStatus(error, id, (err, text) => options.logger.error({ reqId: id, err }, text))
  }
}

function decodeMessage(bytes: Buffer, { decode: read, name }: MethodType): object {
  try {
    return read(bytes)
  } catch (error) {
    if (error instanceof ServingError) throw error
    throw new GrpcError(
      status.INVALID_ARGUMENT,
      `the bytes are no valid message of ${name}: ${(error as Error).message}`,
    )
  }
}

// The clock of the client started earlier. So the client resets the call before the server sees the deadline pass.
const CLOCKS_APART_MS = 100

/** Returns CANCELLED if the client left by itself, or DEADLINE_EXCEEDED if its deadline had passed. */
function cancelledAs(call: AnyCall, durationMs: number): status {
  const leftMs = Number(call.getDeadline()) - Date.now()
  // At least half of a short deadline must have passed.
  return leftMs <= Math.min(CLOCKS_APART_MS, durationMs) ? status.DEADLINE_EXCEEDED : status.CANCELLED
}
