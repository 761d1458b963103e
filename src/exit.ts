import { setTimeout as delay } from 'node:timers/promises'

// Newer than the oldest Node that is supported, and so than the types.
const { execve } = process as { execve?: (file: string, args: string[], env: object) => never }

// How long a run in progress is waited for where the process cannot be replaced.
const GRACE_MS = 2000

/**
 * Ends the process now, whatever its threads compute. `process.exit` would abort it (SIGABRT) while one is inside a run,
 * so the process becomes one that exits (Node 22.15 and later). Elsewhere it waits two seconds for the threads to stop
 * and is killed if they do not.
 *
 * @param stopThreads Resolves when no thread computes any more.
 */
export async function exitNow(code: number, stopThreads: () => Promise<void>): Promise<void> {
  if (execve) execve('/bin/sh', ['sh', '-c', `exit ${code}`], {})
  const stopped = await Promise.race([stopThreads().then(() => true), delay(GRACE_MS, false)])
  if (stopped) process.exit(code)
  process.kill(process.pid, 'SIGKILL')
}
