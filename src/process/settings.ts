import type { z } from 'zod'
import { NAN_POLICIES } from '../core/nan-policy.ts'
import { integerIn, oneOf, optionalText, seconds, text } from './setting-schemas.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

interface Setting {
  /** The name on the command line, without dashes. */
  readonly flag: string
  readonly variable: string
  /** Checks the text of a flag or variable, and converts it to the value that the server uses. */
  readonly schema: z.ZodType
  /** The text that is used if neither the flag nor the variable is given. */
  readonly default?: string
  readonly help: string
}

/**
 * Everything that can be set from outside, by its key in `Config`. The type of `Config`, the parser, `--help` and
 * docs/settings.md are made from this table. Values of keys that end in `Ms` are in milliseconds, although their texts are in
 * seconds. Values of keys that end in `Bytes` are in bytes.
 */
export const SETTINGS = {
  host: {
    flag: 'host',
    variable: 'HOST',
    schema: text,
    default: '0.0.0.0',
    help: 'Address to listen on.',
  },
  port: {
    flag: 'port',
    variable: 'PORT',
    schema: integerIn(0, 65_535),
    default: '8000',
    help: 'Port to listen on; 0 takes a free one.',
  },
  grpcPort: {
    flag: 'grpc-port',
    variable: 'GRPC_PORT',
    schema: integerIn(0, 65_535).optional(),
    help: 'Port to listen on for gRPC; 0 turns gRPC off. [8001, or 8002 if --port is 8001]',
  },
  modelDir: {
    flag: 'model-dir',
    variable: 'MODEL_DIR',
    schema: text,
    default: 'models',
    help: 'Folder of the models.',
  },
  modelName: {
    flag: 'model-name',
    variable: 'MODEL_NAME',
    schema: optionalText,
    help: 'Name of the model, if --model-dir is one model or has a single file.',
  },
  defaultModel: {
    flag: 'default-model',
    variable: 'DEFAULT_MODEL',
    schema: optionalText,
    help: 'Model behind POST /predict; needed only if there are several models.',
  },
  serverName: {
    flag: 'server-name',
    variable: 'SERVER_NAME',
    schema: text,
    default: 'onnx-serve',
    help: 'Name of the server for clients of V2.',
  },
  jsonNan: {
    flag: 'json-nan',
    variable: 'JSON_NAN',
    schema: oneOf(NAN_POLICIES),
    default: 'null',
    help: 'NaN and infinities in JSON answers: null, string ("NaN"), or bare (NaN, not valid JSON).',
  },
  bodyLimitBytes: {
    flag: 'body-limit',
    variable: 'BODY_LIMIT',
    schema: integerIn(1, 2 ** 28),
    default: '8388608',
    help: 'Largest request body, in bytes.',
  },
  maxAnswerBytes: {
    flag: 'max-answer',
    variable: 'MAX_ANSWER',
    schema: integerIn(1, 2 ** 30),
    default: '67108864',
    help: 'Largest answer, in bytes, counted before it is written; a larger one gets 413.',
  },
  maxRows: {
    flag: 'max-rows',
    variable: 'MAX_ROWS',
    schema: integerIn(1, 10_000_000),
    default: '10000',
    help: 'Most rows in one request.',
  },
  workers: {
    flag: 'workers',
    variable: 'WORKERS',
    schema: integerIn(0, 256),
    default: '0',
    help: 'Runs of one model at once, each in a worker process; 0: one for each CPU of the quota.',
  },
  intraOpThreads: {
    flag: 'intra-op-threads',
    variable: 'INTRA_OP_THREADS',
    schema: integerIn(1, 256),
    default: '1',
    help: 'Threads for one run; more workers usually gain more.',
  },
  maxQueued: {
    flag: 'max-queued',
    variable: 'MAX_QUEUED',
    schema: integerIn(0, 100_000),
    default: '0',
    help: 'Requests of a model that may wait; more get 429. 0: as many as it computes in 0.1 s, from 64 to 1024.',
  },
  maxQueuedRows: {
    flag: 'max-queued-rows',
    variable: 'MAX_QUEUED_ROWS',
    schema: integerIn(1, 100_000_000),
    default: '100000',
    help: 'Rows of a model that may wait.',
  },
  requestTimeoutMs: {
    flag: 'request-timeout',
    variable: 'REQUEST_TIMEOUT',
    schema: seconds(1),
    default: '30',
    help: 'Seconds a request may wait for its turn; then 504.',
  },
  maxRunMs: {
    flag: 'max-run',
    variable: 'MAX_RUN',
    schema: seconds(1),
    default: '60',
    help: 'Seconds one run of a model may take; then 503.',
  },
  maxRunMemory: {
    flag: 'max-run-memory',
    variable: 'MAX_RUN_MEMORY',
    schema: integerIn(0, 2 ** 24),
    default: '0',
    help: 'MiB that one worker may allocate; more gets 422. 0: all workers share three quarters of the memory.',
  },
  maxLoadMs: {
    flag: 'max-load',
    variable: 'MAX_LOAD',
    schema: seconds(1),
    default: '120',
    help: 'Seconds that loading and trying one model may take.',
  },
  logLevel: {
    flag: 'log-level',
    variable: 'LOG_LEVEL',
    schema: oneOf(LOG_LEVELS),
    default: 'info',
    help: `One of ${LOG_LEVELS.join(', ')}.`,
  },
  shutdownDelayMs: {
    flag: 'shutdown-delay',
    variable: 'SHUTDOWN_DELAY',
    schema: seconds(),
    default: '0',
    help: 'Seconds between going unready and refusing connections.',
  },
  shutdownDeadlineMs: {
    flag: 'shutdown-deadline',
    variable: 'SHUTDOWN_DEADLINE',
    schema: seconds(),
    default: '25',
    help: 'Seconds after which a shutdown gives up, with exit code 1.',
  },
} as const satisfies Readonly<Record<string, Setting>>

export type SettingKey = keyof typeof SETTINGS

/** The values of all settings. */
export type Settings = { readonly [Key in SettingKey]: z.output<(typeof SETTINGS)[Key]['schema']> }

/** The rows of the table, in its order. */
export const SETTING_LIST: readonly (readonly [SettingKey, Setting])[] = Object.entries(SETTINGS) as [
  SettingKey,
  Setting,
][]
