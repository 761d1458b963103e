import { parseArgs } from 'node:util'
import { z } from 'zod'
import type { PlatformRoutes } from './http/routes/v1.ts'
import { platformRoutes, platformSettings } from './platform.ts'

/** Everything that can be set from outside. */
export interface Config {
  /** Paths that the platform tells in its environment. */
  readonly platformRoutes: PlatformRoutes
  readonly host: string
  readonly port: number
  readonly modelDir: string
  /** Name of a model whose place in the folder tells none. */
  readonly modelName: string | undefined
  readonly defaultModel: string | undefined
  readonly bodyLimitBytes: number
  readonly maxRows: number
  /** Threads that compute; 0 takes one for each CPU that may be used. */
  readonly workers: number
  /** Threads that one run may use. */
  readonly intraOpThreads: number
  readonly maxQueued: number
  readonly maxQueuedRows: number
  /** How long an accepted request may wait for its turn; clients may ask for less. */
  readonly requestTimeoutMs: number
  /** How long one run of a model may take. */
  readonly maxRunMs: number
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /** How long readiness is refused before the server stops listening. */
  readonly shutdownDelayMs: number
  /** How long after the signal whatever is left is given up. */
  readonly shutdownDeadlineMs: number
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

// Keys are the flags; the environment variable is the same in capitals, with `_`. A flag wins over its variable.
const configSchema = z
  .strictObject({
    host: z.string().default('0.0.0.0').describe('Address to listen on.'),
    port: integer(0, 65_535).default(8000).describe('Port to listen on; 0 takes a free one.'),
    'model-dir': z.string().default('models').describe('Folder of the models.'),
    'model-name': z.string().optional().describe('Name of a model that stands in the folder without one; else model.'),
    'default-model': z.string().optional().describe('Model behind POST /predict; the only one, where there is one.'),
    'body-limit': integer(1, 2 ** 28)
      .default(8 * 2 ** 20)
      .describe('Largest request body, in bytes.'),
    'max-rows': integer(1, 10_000_000).default(10_000).describe('Most rows in one request.'),
    workers: integer(0, 256).default(0).describe('Threads that compute; 0 takes one for each CPU of the quota.'),
    'intra-op-threads': integer(1, 256).default(1).describe('Threads for one run; workers pay more than these.'),
    'max-queued': integer(0, 100_000)
      .default(0)
      .describe('Requests of a model that may wait; more get 429. 0: what it computes in 0.1 s, from 64 to 1024.'),
    'max-queued-rows': integer(1, 100_000_000).default(100_000).describe('Rows of a model that may wait.'),
    'request-timeout': seconds(1).default(30_000).describe('Seconds a request may wait for its turn; then 504.'),
    'max-run': seconds(1).default(60_000).describe('Seconds one run of a model may take; then it is unready.'),
    'log-level': z
      .enum(LOG_LEVELS, {
        error: ({ input }) => `expected one of ${LOG_LEVELS.join(', ')}, got ${JSON.stringify(input)}`,
      })
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
  .transform((values): Omit<Config, 'platformRoutes'> => ({
    host: values.host,
    port: values.port,
    modelDir: values['model-dir'],
    modelName: values['model-name'],
    defaultModel: values['default-model'],
    bodyLimitBytes: values['body-limit'],
    maxRows: values['max-rows'],
    workers: values.workers,
    intraOpThreads: values['intra-op-threads'],
    maxQueued: values['max-queued'],
    maxQueuedRows: values['max-queued-rows'],
    requestTimeoutMs: values['request-timeout'],
    maxRunMs: values['max-run'],
    logLevel: values['log-level'],
    shutdownDelayMs: values['shutdown-delay'],
    shutdownDeadlineMs: values['shutdown-deadline'],
  }))

const SECONDS = new Set(['request-timeout', 'max-run', 'shutdown-delay', 'shutdown-deadline'])
const FIELDS: Readonly<Record<string, z.ZodType>> = configSchema.in.shape

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'serve'; readonly config: Config }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

/** Reads flags and environment. Every problem is reported, not the first alone. */
export function parseCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const isServe = args[0] === 'serve'
  const { flags, problems } = parseFlags(isServe ? args.slice(1) : args, isServe)
  const platform: Readonly<Record<string, string | undefined>> = { ...platformSettings(env, isServe) }
  if (flags.has('help')) return { kind: 'help' }
  if (flags.has('version')) return { kind: 'version' }
  const given = Object.keys(FIELDS).map((flag) => [
    flag,
    flags.get(flag) ?? platform[flag] ?? (env[toVariable(flag)] || undefined),
  ])
  const parsed = configSchema.safeParse(Object.fromEntries(given.filter(([, value]) => value !== undefined)))
  for (const { path, message } of parsed.error?.issues ?? []) {
    const flag = String(path[0])
    problems.push(`${flags.has(flag) ? `--${flag}` : toVariable(flag)}: ${message}`)
  }
  if (problems.length > 0 || !parsed.data) return { kind: 'invalid', problems }
  return { kind: 'serve', config: { ...parsed.data, platformRoutes: platformRoutes(env) } }
}

/** The text of `--help`. */
export function helpText(): string {
  const rows = Object.entries(FIELDS).map(([flag, field]) => {
    const fallback = field.safeParse(undefined).data as string | number | undefined
    const isSeconds = SECONDS.has(flag) && typeof fallback === 'number'
    const shown = isSeconds ? fallback / 1000 : fallback
    const note = shown === undefined ? '' : ` [${shown}]`
    return `  --${flag.padEnd(18)} ${toVariable(flag).padEnd(18)} ${field.description}${note}`
  })
  return `onnx-serve: serves ONNX models over HTTP

Usage: onnx-serve [serve] [flags]      serve: as platforms start it, on port 8080, unknown flags passed over

  Flag                 Environment        Meaning [default]
${rows.join('\n')}
  --help                                  Show this text.
  --version                               Show the version.

A flag wins over its environment variable. Exit codes: 0 stopped in order, 1 failed or gave up, 2 set up wrongly, 3 stuck in a run of a model.
`
}

// KServe's names.
const ALIASES: Readonly<Record<string, string>> = { '--http-port': '--port' }

interface Flags {
  readonly flags: ReadonlyMap<string, string>
  readonly problems: string[]
}

/** @param isLenient Flags that are unknown are passed over: a platform's, for other servers. */
function parseFlags(args: readonly string[], isLenient: boolean): Flags {
  const options = Object.fromEntries(Object.keys(FIELDS).map((flag) => [flag, { type: 'string' as const }]))
  const switches = { help: { type: 'boolean' as const, short: 'h' }, version: { type: 'boolean' as const } }
  const normalized = args.map((arg) =>
    arg.replace(/^--[^=]+/, (flag) => ALIASES[flag.replaceAll('_', '-')] ?? flag.replaceAll('_', '-')),
  )
  const parsed = parseArgs({ args: normalized, options: { ...options, ...switches }, strict: false, tokens: true })
  const flags = new Map<string, string>()
  const problems: string[] = []
  for (const token of parsed.tokens) {
    if (token.kind === 'positional' && !isLenient) problems.push(`unexpected argument ${JSON.stringify(token.value)}`)
    if (token.kind !== 'option') continue
    if (Object.hasOwn(switches, token.name)) flags.set(token.name, '')
    else if (!Object.hasOwn(options, token.name)) {
      if (!isLenient) problems.push(unknownFlag(token.rawName))
    } else if (!token.value || token.value.startsWith('--')) problems.push(`${token.rawName}: expected a value`)
    else flags.set(token.name, token.value)
  }
  return { flags, problems }
}

function unknownFlag(flag: string): string {
  return `unknown flag ${flag}; known: ${[...Object.keys(FIELDS), 'help', 'version'].map((name) => `--${name}`).join(' ')}`
}

function toVariable(flag: string): string {
  return flag.toUpperCase().replaceAll('-', '_')
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
