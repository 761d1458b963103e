import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createFolder } from './folders.ts'
import { ROOT } from './paths.ts'

interface Build {
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>
  readonly isRunning: () => boolean
}

/** A copy of what a build reads, so that other tests keep the `dist/` that they run from. */
export function copyProject(): string {
  const folder = createFolder({})
  for (const path of ['package.json', 'tsconfig.json', 'src', 'tools/build.mjs', 'dist']) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Builds the project in this folder. */
export function startBuild(cwd: string): Build {
  const build = spawn('npm', ['run', '-s', 'build'], { cwd, stdio: 'ignore' })
  return {
    ended: once(build, 'close').then(([code]) => code as number | null),
    isRunning: () => build.exitCode === null,
  }
}
