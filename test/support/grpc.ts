import { Metadata, credentials, loadPackageDefinition, makeClientConstructor, status } from '@grpc/grpc-js'
import type { CallOptions, ChannelOptions, Client, ServiceError, StatusObject } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { protoPath } from 'grpc-health-check'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { combineObservers } from '../../src/core/observer.ts'
import { Turns } from '../../src/core/turns.ts'
import { PROTO_FILE } from '../../src/grpc/messages.ts'
import { createGrpcServer } from '../../src/grpc/listener.ts'
import type { GrpcOptions } from '../../src/grpc/server.ts'
import type { RegistryOptions } from '../../src/models/registry.ts'
import { StatisticsObserver } from '../../src/models/statistics.ts'
import { MODELS } from './paths.ts'
import { openRegistry } from './registry.ts'

const LOADING = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }
const PACKAGES: any = loadPackageDefinition(loadSync([PROTO_FILE, protoPath], LOADING))

/** A client as the protocol's users make it, from the published file. */
export function connect(port: number, options: ChannelOptions = {}): Client & Record<string, any> {
  return open(PACKAGES.inference.GRPCInferenceService, port, options)
}

export function connectHealth(port: number): Client & Record<string, any> {
  return open(PACKAGES.grpc.health.v1.Health, port)
}

/** Sends bytes that no client of the protocol would make. */
export function connectBytes(port: number): (method: string, bytes: Buffer) => Promise<Answer> {
  const same = (bytes: Buffer): Buffer => bytes
  const client = open(makeClientConstructor({}, 'bytes'), port)
  return (method, bytes) =>
    new Promise((resolve) => {
      client.makeUnaryRequest(`/inference.GRPCInferenceService/${method}`, same, same, bytes, (error, reply) =>
        resolve({ code: error ? (status[error.code] as Code) : 'OK', details: error?.details, reply }),
      )
    })
}

function open(Service: any, port: number, options: ChannelOptions = {}): Client & Record<string, any> {
  const client = new Service(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    ...options,
  })
  onTestFinished(() => client.close())
  return client
}

type Code = keyof typeof status

export interface Answer {
  readonly code: Code
  readonly details: string | undefined
  readonly reply: any
  /** What stands in the trailer. */
  readonly requestId?: unknown
}

interface AskOptions extends CallOptions {
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls a method and returns what came of it, whatever that is. */
export function ask(
  client: Client & Record<string, any>,
  method: string,
  message: object = {},
  { headers = {}, ...options }: AskOptions = {},
): Promise<Answer> {
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value)
  return new Promise((resolve) => {
    let answer: Answer
    const call = client[method](message, metadata, options, (error: ServiceError | null, reply: unknown) => {
      answer = { code: error ? (status[error.code] as Code) : 'OK', details: error?.details, reply }
    })
    // Comes last.
    call.on('status', ({ metadata: trailer }: StatusObject) =>
      resolve({ ...answer, requestId: trailer.get('x-request-id')[0] }),
    )
  })
}

interface TestGrpcOptions extends Partial<RegistryOptions>, Partial<GrpcOptions> {
  readonly folder?: string
}

/** The gRPC transport over real models, on a port of its own. */
export async function startGrpc({ folder = MODELS, ...options }: TestGrpcOptions = {}) {
  const lines: Record<string, any>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const statistics = new StatisticsObserver()
  const registry = await openRegistry(folder, { observer: combineObservers([statistics]), ...options })
  await registry.load(() => undefined)
  const grpc = createGrpcServer({
    registry,
    logger: pino({ level: 'debug', base: null }, stream),
    version: '0.0.0',
    serverName: 'onnx-serve',
    bodyLimitBytes: 100_000,
    requestTimeoutMs: 30_000,
    turns: new Turns(),
    statisticsOf: statistics.statisticsOf,
    maxAnswerBytes: 2 ** 20,
    isDraining: () => false,
    ...options,
  })
  const port = await grpc.listen('127.0.0.1', 0)
  grpc.updateHealth()
  const client = connect(port)
  onTestFinished(async () => {
    client.close()
    await grpc.close()
  })
  return { client, port, grpc, registry, lines }
}
