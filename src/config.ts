import { z } from 'zod'
import { NAN_POLICIES } from './core/model-view.ts'
import type { NanPolicy } from './core/model-view.ts'
import type { Platform } from './http/platform.ts'

/** Everything that can be set from outside. */
export interface Config {
  /** What the platform's environment says of routes. */
  readonly platform: Platform
  readonly host: string
  readonly port: number
  /** Port of gRPC; 0 turns it off. */
  readonly grpcPort: number
  readonly modelDir: string
  /** Name of a model whose place in the folder tells none. */
  readonly modelName: string | undefined
  readonly defaultModel: string | undefined
  /** What the server calls itself to clients of V2. */
  readonly serverName: string
  /** How NaN and the infinities are written in JSON. */
  readonly jsonNan: NanPolicy
  readonly bodyLimitBytes: number
  readonly maxRows: number
  /** Most bytes that one answer may take, as counted before it is written. */
  readonly maxAnswerBytes: number
  /** Processes that compute for one model; 0 takes one for each CPU that may be used. */
  readonly workers: number
  /** Threads that one run may use. */
  readonly intraOpThreads: number
  readonly maxQueued: number
  readonly maxQueuedRows: number
  /** How long an accepted request may wait for its turn; clients may ask for less. */
  readonly requestTimeoutMs: number
  /** How long one run of a model may take. */
  readonly maxRunMs: number
  /** How much memory one worker may allocate, in MiB; 0 chooses by the limit of the container. */
  readonly maxRunMemory: number
  /** How long loading and trying one model may take. */
  readonly maxLoadMs: number
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /** How long readiness is refused before the server stops listening. */
  readonly shutdownDelayMs: number
  /** How long after the signal whatever is left is given up. */
  readonly shutdownDeadlineMs: number
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const GRPC_PORT = 8001

// Keys are the flags; the environment variable is the same in capitals, with `_`. A flag wins over its variable.
export const configSchema = z
  .strictObject({
    host: z.string().default('0.0.0.0').describe('Address to listen on.'),
    port: integer(0, 65_535).default(8000).describe('Port to listen on; 0 takes a free one.'),
    'grpc-port': integer(0, 65_535)
      .optional()
      .describe('Port to listen on for gRPC; 0 turns gRPC off. [8001, or 8002 if --port is 8001]'),
    'model-dir': z.string().default('models').describe('Folder of the models.'),
    'model-name': z
      .string()
      .optional()
      .describe('Name of the model, if --model-dir is one model or has a single file.'),
    'default-model': z
      .string()
      .optional()
      .describe('Model behind POST /predict; needed only if there are several models.'),
    'server-name': z.string().default('onnx-serve').describe('Name of the server for clients of V2.'),
    'json-nan': oneOf(NAN_POLICIES)
      .default('null')
      .describe('NaN and infinities in JSON answers: null, string ("NaN"), or bare (NaN, not valid JSON).'),
    'body-limit': integer(1, 2 ** 28)
      .default(8 * 2 ** 20)
      .describe('Largest request body, in bytes.'),
    'max-answer': integer(1, 2 ** 30)
      .default(64 * 2 ** 20)
      .describe('Largest answer, in bytes, counted before it is written; a larger one gets 413.'),
    'max-rows': integer(1, 10_000_000).default(10_000).describe('Most rows in one request.'),
    workers: integer(0, 256)
      .default(0)
      .describe('Runs of one model at once, each in a worker process; 0: one for each CPU of the quota.'),
    'intra-op-threads': integer(1, 256).default(1).describe('Threads for one run; more workers usually gain more.'),
    'max-queued': integer(0, 100_000)
      .default(0)
      .describe(
        'Requests of a model that may wait; more get 429. 0: as many as it computes in 0.1 s, from 64 to 1024.',
      ),
    'max-queued-rows': integer(1, 100_000_000).default(100_000).describe('Rows of a model that may wait.'),
    'request-timeout': seconds(1).default(30_000).describe('Seconds a request may wait for its turn; then 504.'),
    'max-run': seconds(1).default(60_000).describe('Seconds one run of a model may take; then 503.'),
    'max-run-memory': integer(0, 2 ** 24)
      .default(0)
      .describe('MiB that one worker may allocate; more gets 422. 0: all workers share three quarters of the memory.'),
    'max-load': seconds(1).default(120_000).describe('Seconds that loading and trying one model may take.'),
    'log-level': oneOf(LOG_LEVELS)
      .default('info')
      .describe(`One of ${LOG_LEVELS.join(', ')}.`),
    'shutdown-delay': seconds().default(0).describe('Seconds between going unready and refusing connections.'),
    'shutdown-deadline': seconds()
      .default(25_000)
      .describe('Seconds after which a shutdown gives up, with exit code 1.'),
  })
  .refine((values) => values['shutdown-delay'] < values['shutdown-deadline'], {
    path: ['shutdown-deadline'],
    message: 'expected more than the shutdown delay',
  })
  .refine((values) => values.port === 0 || values.port !== values['grpc-port'], {
    path: ['grpc-port'],
    message: 'expected another port than --port',
  })
  .transform((values): Omit<Config, 'platform'> => ({
    host: values.host,
    port: values.port,
    grpcPort: values['grpc-port'] ?? (values.port === GRPC_PORT ? GRPC_PORT + 1 : GRPC_PORT),
    modelDir: values['model-dir'],
    modelName: values['model-name'],
    defaultModel: values['default-model'],
    serverName: values['server-name'],
    jsonNan: values['json-nan'],
    bodyLimitBytes: values['body-limit'],
    maxAnswerBytes: values['max-answer'],
    maxRows: values['max-rows'],
    workers: values.workers,
    intraOpThreads: values['intra-op-threads'],
    maxQueued: values['max-queued'],
    maxQueuedRows: values['max-queued-rows'],
    requestTimeoutMs: values['request-timeout'],
    maxRunMs: values['max-run'],
    maxRunMemory: values['max-run-memory'],
    maxLoadMs: values['max-load'],
    logLevel: values['log-level'],
    shutdownDelayMs: values['shutdown-delay'],
    shutdownDeadlineMs: values['shutdown-deadline'],
  }))

/** Flags that are given in seconds, and kept in milliseconds. */
export const SECONDS = new Set(['request-timeout', 'max-run', 'max-load', 'shutdown-delay', 'shutdown-deadline'])
export const FIELDS: Readonly<Record<string, z.ZodType>> = configSchema.in.shape

function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, {
    error: ({ input }) => `expected one of ${values.join(', ')}, got ${JSON.stringify(input)}`,
  })
}

function integer(min: number, max: number) {
  return z.string().transform((text, context) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    context.addIssue(`expected an integer from ${min} to ${max}, got ${JSON.stringify(text)}`)
    return z.NEVER
  })
}

/** Seconds from outside, milliseconds inside. */
function seconds(minMs = 0) {
  return z.string().transform((text, context) => {
    const ms = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1000) : Number.NaN
    if (ms >= minMs) return ms
    context.addIssue(`expected seconds, such as 5 or 0.5, got ${JSON.stringify(text)}`)
    return z.NEVER
  })
}
