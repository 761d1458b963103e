import { parseArgs } from 'node:util'
import { readSettings } from './config.ts'
import type { Config } from './config.ts'
import { platformSettings, readPlatform } from './platform-environment.ts'
import { SETTINGS, SETTING_LIST } from './settings.ts'

/** A parsed command line. */
export type Command =
  | { readonly kind: 'serve'; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

type Environment = Readonly<Record<string, string | undefined>>

const FLAGS = SETTING_LIST.map(([, { flag }]) => flag)

/** Reads flags and environment variables. A flag wins over its variable. Every problem is reported. */
export function parseCommand(args: readonly string[], allOfEnv: Environment): Command {
  const { env, warnings } = withoutServiceLinks(allOfEnv)
  const isServe = args[0] === 'serve'
  const { flags, problems } = parseFlags(isServe ? args.slice(1) : args, isServe)
  if (flags.has('help')) return { kind: 'help' }
  if (flags.has('version')) return { kind: 'version' }
  const platform = platformSettings(env, isServe)
  const texts = SETTING_LIST.flatMap(([key, { flag, variable }]) => {
    const text = flags.get(flag) ?? platform[key] ?? (env[variable] || undefined)
    return text === undefined ? [] : [[key, text]]
  })
  const settings = readSettings(Object.fromEntries(texts))
  if (!('host' in settings)) {
    for (const { key, message } of settings) {
      const { flag, variable } = SETTINGS[key]
      problems.push(`${flags.has(flag) ? `--${flag}` : variable}: ${message}`)
    }
  }
  if (problems.length > 0 || !('host' in settings)) return { kind: 'invalid', problems }
  return { kind: 'serve', config: { ...settings, platform: readPlatform(env) }, warnings }
}

/**
 * Ignores variables that Kubernetes has set. A Service named `grpc` gives every pod GRPC_PORT=tcp://10.0.0.1:8001.
 *
 * @see https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables
 */
function withoutServiceLinks(env: Environment): { env: Environment; warnings: readonly string[] } {
  const names = SETTING_LIST.map(([, { variable }]) => variable)
  const links = names.filter((name) => /^(tcp|udp|sctp):\/\//.test(env[name] ?? ''))
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !links.includes(name)))
  const next = 'set enableServiceLinks: false in the pod, or use the flag'
  return {
    env: rest,
    warnings: links.map((name) => `${name}=${env[name]} is the address of a Service, and is ignored: ${next}`),
  }
}

/** Makes the text of `--help`. docs/settings.md shows it as well. */
export function helpText(): string {
  const rows = SETTING_LIST.map(([, { flag, variable, help, default: fallback }]) => {
    const note = fallback === undefined ? '' : ` [${fallback}]`
    return `  --${flag.padEnd(18)} ${variable.padEnd(18)} ${help}${note}`
  })
  return `onnx-serve: serves ONNX models over HTTP and gRPC

Usage: onnx-serve [serve] [flags]      serve: for platforms; port 8080, and unknown flags are ignored

  Flag                 Environment        Meaning [default]
${rows.join('\n')}
  --help                                  Show this text.
  --version                               Show the version.

A flag wins over its environment variable. Exit codes: 0 stopped, 1 failed or gave up, 2 wrong settings.
`
}

// The names of these flags in KServe and Triton.
const ALIASES: Readonly<Record<string, string>> = { '--http-port': '--port', '--model-repository': '--model-dir' }

interface Flags {
  readonly flags: ReadonlyMap<string, string>
  readonly problems: string[]
}

/** @param isLenient True if unknown flags are ignored. A platform may give them to every server. */
function parseFlags(args: readonly string[], isLenient: boolean): Flags {
  const options = Object.fromEntries(FLAGS.map((flag) => [flag, { type: 'string' as const }]))
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
  return `unknown flag ${flag}; known: ${[...FLAGS, 'help', 'version'].map((name) => `--${name}`).join(' ')}`
}
