import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { ROOT } from './paths.ts'

type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string }

interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The built server in a process of its own, killed when the test is over. */
export interface ServerProcess {
  readonly url: string
  readonly pid: number
  readonly lines: readonly LogLine[]
  readonly exited: Promise<Exit>
  stderr(): string
  kill(signal: NodeJS.Signals): void
  /** The first log line, past or to come, that fits. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>
}

interface StartOptions {
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly main?: string
  /** The message of the log line that it has started with. */
  readonly until?: RegExp
  /** Is given what ends the server; by default, that is done when the test is over. */
  readonly atEnd?: (end: () => Promise<void>) => void
}

/** Starts the server on a free port and waits until it says that it is ready. */
export async function startServer({ until = /^ready: /, ...options }: StartOptions = {}): Promise<ServerProcess> {
  const server = spawnServer({ ...options, args: ['--port', '0', ...(options.args ?? [])] })
  const listening = await server.line(({ msg }) => /^listening on .*:\d+$/.test(msg ?? ''))
  await server.line(({ msg }) => until.test(msg ?? ''))
  return { ...server, url: `http://127.0.0.1:${listening.msg!.split(':').at(-1)}` }
}

/** Runs the server's program as it is told, and waits for nothing. */
export function spawnServer({
  args = [],
  env = process.env,
  cwd = ROOT,
  main,
  atEnd = onTestFinished,
}: StartOptions): Omit<ServerProcess, 'url'> {
  const child = spawn(process.execPath, [main ?? join(ROOT, 'dist/main.js'), ...args], {
    cwd,
    // Two servers cannot share its default.
    env: { GRPC_PORT: '0', ...env },
  })
  // Not 'exit', which comes before the last lines have been read.
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }))
  atEnd(async () => {
    if (child.exitCode === null) child.kill('SIGKILL')
    await exited
  })
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  const { lines, line } = followLog(child, () => errors)
  return { pid: child.pid!, lines, line, exited, stderr: () => errors, kill: (signal) => child.kill(signal) }
}

function followLog(child: ChildProcess, errors: () => string): Pick<ServerProcess, 'lines' | 'line'> {
  const lines: LogLine[] = []
  const waiting = new Set<(line: LogLine) => void>()
  const reader = createInterface({ input: child.stdout! })
  reader.on('line', (text) => {
    const line: LogLine = text.startsWith('{') ? (JSON.parse(text) as LogLine) : { msg: text }
    lines.push(line)
    for (const check of waiting) check(line)
  })
  const line = (fits: (line: LogLine) => boolean) =>
    new Promise<LogLine>((resolve, reject) => {
      const past = lines.find(fits)
      if (past) return resolve(past)
      waiting.add((each) => fits(each) && resolve(each))
      reader.once('close', () => {
        reject(new Error(`the server ended: ${errors()}${lines.map(({ msg }) => msg).join('\n')}`))
      })
    })
  return { lines, line }
}

/** Signals within half a second count as one, so they are sent until one counts as the second. */
export async function insist(server: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  const timer = setInterval(() => server.kill(signal), 100)
  await server.line(({ msg }) => msg?.startsWith('asked to stop again') ?? false)
  clearInterval(timer)
}
