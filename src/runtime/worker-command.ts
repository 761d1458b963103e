import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The command that starts a program as a worker. */
export interface WorkerCommand {
  /** Programs and arguments before the program itself. */
  readonly prefix: readonly string[]
  /** Texts on limits that this system cannot set, for the log. */
  readonly warnings: readonly string[]
}

const DEATH_SIGNAL = ['setpriv', '--pdeathsig', 'KILL']

/**
 * Finds the programs that limit workers on this system. `prlimit` limits their memory, and `setpriv` ends them with the
 * server. Both are part of util-linux.
 *
 * @param memoryBytes Most memory that a worker may allocate (RLIMIT_DATA). An allocation beyond it fails, and nothing dies.
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
