import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { SharedFile } from './shared-file.ts'
import type { Death } from './deaths.ts'
import { SOCKET } from './worker-channel.ts'

export interface SpawnOptions {
  /** The built `worker.js`. */
  readonly entry: URL
  /** The command that starts it, such as `prlimit`, with its arguments. */
  readonly prefix: readonly string[]
}

export interface SpawnedWorker {
  /** undefined if the process could not be started. */
  readonly socket: Socket | undefined
  /** Kills it at once. */
  readonly kill: () => void
  /** Resolves when it has ended and everything that it sent has been read. */
  readonly ended: Promise<Death>
}

const MAX_LAST_WORDS = 8000
// V8, the C++ library and Node write a line of this form, and behind it stacks that do not help users.
const TELLING = /^(?:FATAL ERROR: |terminate called |\w*Error: ).*/m

/** Starts a worker with a socket and two shared files. */
export function spawnWorker(
  { entry, prefix }: SpawnOptions,
  files: readonly (SharedFile | undefined)[],
): SpawnedWorker {
  const [program, ...args] = [...prefix, process.execPath, fileURLToPath(entry)]
  const descriptors = files.map((file) => file?.descriptor ?? ('ignore' as const))
  const child = tryToSpawn(program, args, ['ignore', 'ignore', 'pipe', 'pipe', ...descriptors])
  if (child instanceof Error) {
    return { socket: undefined, kill: () => undefined, ended: Promise.resolve(notStarted(child)) }
  }
  // There are no streams if the process could not be started.
  const socket = child.stdio?.[SOCKET] as Socket | undefined
  // The exit of the process reports that it has ended.
  socket?.on('error', () => undefined)
  let lastWords = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-MAX_LAST_WORDS)
  })
  const ended = new Promise<Death>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code: code ?? undefined, signal: signal ?? undefined, lastWords: tellingLine(lastWords) })
    })
    child.once('error', (error) => resolve(notStarted(error)))
  })
  return { socket, kill: () => void child.kill('SIGKILL'), ended }
}

/** Node reports some failures to start a process by an event, and throws others. */
function tryToSpawn(program: string, args: readonly string[], stdio: StdioOptions): ChildProcess | Error {
  try {
    // It gets a process group of its own, because Ctrl-C in a terminal is for the server alone.
    return spawn(program, args, { detached: true, stdio })
  } catch (error) {
    return error as Error
  }
}

function notStarted({ message }: Error): Death {
  return { problem: message, lastWords: '' }
}

function tellingLine(text: string): string {
  const line = TELLING.exec(text)?.[0] ?? text.trim().split('\n').at(-1)!
  return line.slice(0, 200)
}
