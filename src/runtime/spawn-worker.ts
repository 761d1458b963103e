import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
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
  readonly child: ChildProcess
  /** Missing where the system had no process to give. */
  readonly socket: Socket | undefined
  /** Resolves once it has ended and all that it sent has been read. */
  readonly ended: Promise<Death>
}

const MAX_LAST_WORDS = 500

/** Starts a worker with a socket and two shared files. */
export function spawnWorker(
  { entry, prefix }: SpawnOptions,
  files: readonly (SharedFile | undefined)[],
): SpawnedWorker {
  const [program, ...args] = [...prefix, process.execPath, fileURLToPath(entry)]
  const descriptors = files.map((file) => file?.descriptor ?? ('ignore' as const))
  // A group of its own: the terminal's Ctrl-C is for the server alone.
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...descriptors] })
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
      resolve({ code: code ?? undefined, signal: signal ?? undefined, lastWords: lastLine(lastWords) })
    })
    child.once('error', ({ message }) => resolve({ lastWords: message }))
  })
  return { child, socket, ended }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)!.slice(0, 200)
}
