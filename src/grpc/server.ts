import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { Server, ServerCredentials, setLogger } from '@grpc/grpc-js'
import type { MethodDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import type { Logger } from 'pino'
import { HealthImplementation, protoPath as HEALTH_PROTO_FILE } from 'grpc-health-check'
import { HeldAnswers } from '../core/held-answers.ts'
import { readinessOf } from '../models/readiness.ts'
import { createUnaryHandler } from './calls.ts'
import type { CallOptions } from './calls.ts'
import { PROTO_FILE, loadMethods } from './messages.ts'
import { createMethods } from './service.ts'
import type { ServiceOptions } from './service.ts'
import { createStreams } from './stream-infer.ts'
import { watchStreams } from './watchers.ts'

export interface GrpcOptions extends ServiceOptions, Omit<CallOptions, 'held'> {
  readonly maxAnswerBytes: number
  /** Maximum size of a message, also after decompression. */
  readonly bodyLimitBytes: number
}

/** Serves gRPC on connections that the listener has accepted. */
export interface GrpcTransport {
  /** Takes ownership of the connection. No byte of it may have been read. */
  accept(socket: Socket): void
  /** Sends the current health of the server to its watchers. */
  updateHealth(): void
  /** Answers every accepted call, then ends. */
  close(): Promise<void>
}

const SERVICE = 'inference.GRPCInferenceService'
// Maximum number of open requests on one connection. Further requests wait in the client.
const MAX_STREAMS = 1000

/** Builds the gRPC transport. It does not listen. */
export function buildGrpcTransport(options: GrpcOptions): GrpcTransport {
  setLogger(toConsole(options.logger))
  const watchers = watchStreams(`/${SERVICE}/`)
  const server = new Server({
    'grpc.max_receive_message_length': options.bodyLimitBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.enable_channelz': 0,
    interceptors: [watchers.interceptor],
  })
  const endStreams = addInference(server, { ...options, held: new HeldAnswers(options.maxAnswerBytes) })
  const health = new HealthImplementation()
  health.addToServer(server)
  new ReflectionService(loadSync([PROTO_FILE, HEALTH_PROTO_FILE], { keepCase: true })).addToServer(server)

  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const updateHealth = (): void => {
    const status = readinessOf(options.registry, options.isDraining()).isReady ? 'SERVING' : 'NOT_SERVING'
    for (const name of ['', SERVICE]) health.setStatus(name, status)
  }
  updateHealth()

  return {
    accept: (socket) => injector.injectConnection(socket),
    updateHealth,
    async close() {
      endStreams()
      watchers.end()
      await promisify(server.tryShutdown.bind(server))()
    },
  }
}

/** @returns A function that ends the open streams. */
function addInference(server: Server, options: ServiceOptions & CallOptions): () => void {
  const definition: Record<string, MethodDefinition<Buffer, Buffer>> = {}
  const implementation: UntypedServiceImplementation = {}
  const ends: (() => void)[] = []
  const methods = createMethods(options)
  for (const type of loadMethods()) {
    const { name, path, isStream } = type
    definition[name] = { path, requestStream: isStream, responseStream: isStream, ...AS_THEY_ARE }
    if (isStream) {
      const streams = createStreams(type, methods[name]!, options)
      implementation[name] = streams.handle
      ends.push(streams.end)
    } else implementation[name] = createUnaryHandler(type, methods[name]!, options)
  }
  server.addService(definition, implementation)
  return () => ends.forEach((end) => end())
}

/** Writes the messages of the library to the log. */
function toConsole(logger: Logger): Partial<Console> {
  const log = (text: unknown): void => logger.debug({ text }, 'gRPC')
  return { error: log, info: log, debug: log }
}

function same(bytes: Buffer): Buffer {
  return bytes
}

// The library passes messages as bytes. They are decoded where an error can be answered with the right status.
const AS_THEY_ARE = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
}
