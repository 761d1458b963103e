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
  /** Largest message that is taken, compressed or not. */
  readonly bodyLimitBytes: number
}

/** What speaks gRPC on connections that another has accepted. */
export interface GrpcTransport {
  /** Takes ownership of the connection, of which nothing has been read. */
  accept(socket: Socket): void
  /** Tells those who watch the server's health how it is now. */
  updateHealth(): void
  /** Answers what was accepted, then ends. */
  close(): Promise<void>
}

const SERVICE = 'inference.GRPCInferenceService'
// Requests of one connection at once; what is more waits on the client's side.
const MAX_STREAMS = 1000

/** Builds the gRPC transport; does not listen. */
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

/** @returns Ends the streams that are open. */
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

/** What the library has to say of itself, beside the log. */
function toConsole(logger: Logger): Partial<Console> {
  const log = (text: unknown): void => logger.debug({ text }, 'gRPC')
  return { error: log, info: log, debug: log }
}

function same(bytes: Buffer): Buffer {
  return bytes
}

// Messages are read and written where errors can be answered as what they are.
const AS_THEY_ARE = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
}
