import { spawnSync } from 'node:child_process'

/** Tests that need a program of the system are skipped where it is missing. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined
}
