/**
 * The reason why a worker process ended. `start`: it never ran. `timeout`: a run took longer than it may. `memory`: it
 * found no memory. `fault`: a fault in native code. `killed`: a signal from outside. `exit`: it exited.
 */
export type DeathCause = 'start' | 'timeout' | 'memory' | 'fault' | 'killed' | 'exit'

export interface WorkerDeath {
  readonly cause: DeathCause
  /** For the log: the signal or exit code, and the last words of the process. */
  readonly reason: string
  /** The file of the model that it computed, if any. */
  readonly file: string | undefined
}
