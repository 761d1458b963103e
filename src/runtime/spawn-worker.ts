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
  /** What stands before it on the command line. */
  readonly prefix: readonly string[]
}

export interface SpawnedWorker {
  /** Missing where the system had no process to give. */
  readonly socket: Socket | undefined
  /** Ends it at once, whatever it does. */
  readonly kill: () => void
  /** Resolves once it has ended and all that it sent has been read. */
  readonly ended: Promise<Death>
}

const MAX_LAST_WORDS = 8000
// V8, the C++ library and Node write one such line, and behind it stacks that tell users nothing.
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
  // There are no streams where the system had no process to give.
  const socket = child.stdio?.[SOCKET] as Socket | undefined
  // A worker that has ended is reported by its exit.
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
    // A group of its own: the terminal's Ctrl-C is for the server alone.
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
