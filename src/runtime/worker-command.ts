import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** How a program is started as a worker: what stands before it on the command line. */
export interface WorkerCommand {
  readonly prefix: readonly string[]
  /** Texts on what the system cannot hold, for the log. */
  readonly warnings: readonly string[]
}

const DEATH_SIGNAL = ['setpriv', '--pdeathsig', 'KILL']

/**
 * Finds out how workers can be bound on this system: `prlimit` limits their memory, `setpriv` ends them with the server.
 * Both are part of util-linux.
 *
 * @param memoryBytes Most memory that a worker may allocate (RLIMIT_DATA): an allocation beyond it fails, and nothing dies.
 */
export function findWorkerCommand(memoryBytes: number): WorkerCommand {
  const limit = ['prlimit', `--data=${Math.min(memoryBytes, hardLimit())}`]
  const [hasDeathSignal, hasLimit] = [works(DEATH_SIGNAL), works(limit)]
  return {
    prefix: [...(hasDeathSignal ? DEATH_SIGNAL : []), ...(hasLimit ? limit : [])],
    warnings: [
      ...(hasDeathSignal ? [] : ['setpriv is missing: if the server is killed, a worker ends only after its run']),
      ...(hasLimit ? [] : ['prlimit is missing: the memory of a run is not limited; install util-linux']),
    ],
  }
}

function works([tool, ...options]: readonly string[]): boolean {
  return spawnSync(tool!, [...options, 'true'], { stdio: 'ignore' }).status === 0
}

/** A process may not raise its own hard limit. */
function hardLimit(): number {
  try {
    const hard = /^Max data size +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return hard === undefined ? Infinity : Number(hard)
  } catch {
    return Infinity
  }
}
